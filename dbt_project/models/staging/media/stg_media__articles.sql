-- Grain: one row per source, feed and article, its newest version.
-- An article whose feed gave no time keeps that of its first harvest, so a later version does not move it.
with versions as (
    select
        *,
        row_number() over (
            partition by source, feed_id, article_id
            order by
                is_published_at_missing asc,
                coalesce(modified_at, published_at) desc,
                received_at desc,
                record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, feed_id, article_id) as n_versions,
        min(published_at) over (partition by source, feed_id, article_id) as first_published_at,
        min(received_at) over (partition by source, feed_id, article_id) as first_seen_at
    from {{ source('raw', 'media__articles') }}
),

newest as (
    select
        *,
        case
            when is_published_at_missing then first_published_at else published_at
        end as settled_published_at
    from versions
    where nth_newest = 1
)

select
    newest.source,
    newest.feed_id,
    newest.article_id,
    newest.feed_title,
    newest.url,
    newest.headline,
    newest.summary,
    newest.section,
    newest.language,
    newest.settled_published_at as published_at,
    newest.modified_at,
    newest.is_published_at_missing,
    newest.n_versions,
    newest.first_seen_at,
    {{ local_day('newest.settled_published_at', 'sources.time_zone') }} as published_on
from newest
left join {{ ref('stg_ops__sources') }} as sources on newest.source = sources.source
