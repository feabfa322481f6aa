-- Feeds of one source, most articles first, with how many feeds there are.
select
    coalesce(max(feed_title), feed_id) as feed,
    cast(sum(n_articles) as bigint) as n_articles,
    max(last_published_at) as last_published_at,
    count(*) over () as n_feeds
from marts.fct_article_days
where source = $source
group by feed_id
order by n_articles desc, feed
limit $limit
