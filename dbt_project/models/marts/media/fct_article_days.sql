-- Grain: one row per source, feed and provincial day of publication.
-- An article carried by several feeds counts once.
select
    articles.source,
    articles.feed_id,
    articles.published_on,
    max(articles.feed_title) as feed_title,
    count(*) as n_articles,
    max(articles.published_at) as last_published_at,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_media__articles') }} as articles
inner join {{ ref('int_source__clock') }} as clock on articles.source = clock.source
group by articles.source, articles.feed_id, articles.published_on, clock.is_synthetic, clock.as_of
