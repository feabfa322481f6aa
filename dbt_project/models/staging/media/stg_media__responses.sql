-- Grain: one row per source and article and unit that has to answer, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, url, unit
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, url, unit) as n_versions
    from {{ source('raw', 'media__responses') }}
)

select
    versions.source,
    versions.url,
    versions.unit,
    versions.flagged_at,
    versions.responded_at,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on,
    {{ local_day('versions.flagged_at', 'sources.time_zone') }} as flagged_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
