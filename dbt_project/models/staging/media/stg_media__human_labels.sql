-- Grain: one row per source and article and labeller, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, feed_id, article_id, labeller_code
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, feed_id, article_id, labeller_code) as n_versions
    from {{ source('raw', 'media__human_labels') }}
)

select
    versions.source,
    versions.feed_id,
    versions.article_id,
    versions.labeller_code,
    versions.label,
    versions.is_blind,
    versions.labelled_at,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
