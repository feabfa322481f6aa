-- Grain: one row per source, feed and article.
select
    source,
    feed_id,
    article_id,
    story_key,
    event_key,
    nearest_key,
    similarity,
    published_at
from {{ source('raw', 'media__stories') }}
