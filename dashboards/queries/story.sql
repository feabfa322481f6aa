-- The articles that tell one story, the first on top.
select
    published_at,
    coalesce(feed_title, feed_id) as feed,
    headline
from marts.fct_articles
where list_contains($sources, source) and story_key = $story
order by published_at, feed
limit $limit
