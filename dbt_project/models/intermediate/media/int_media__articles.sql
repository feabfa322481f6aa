-- Grain: one row per source and article; a link carried by several feeds of a source is one article.
-- Items without a link are told apart by feed and guid, because publishers' guids may collide.
with keyed as (
    select
        *,
        coalesce(url, feed_id || ' ' || article_id) as article_key
    from {{ ref('stg_media__articles') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source, article_key
            order by is_published_at_missing, published_at, feed_id, article_id
        ) as nth,
        count(*) over (partition by source, article_key) as n_feeds,
        min(first_seen_at) over (partition by source, article_key) as article_seen_at,
        min(first_seen_at) over (partition by source, feed_id) as feed_seen_at
    from keyed
)

select
    source,
    article_key,
    feed_id,
    article_id,
    feed_title,
    url,
    headline,
    section,
    language,
    published_at,
    published_on,
    modified_at,
    is_published_at_missing,
    n_feeds,
    n_versions,
    article_seen_at as first_seen_at,
    feed_seen_at
from ranked
where nth = 1
