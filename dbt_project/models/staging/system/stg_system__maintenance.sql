-- Grain: one row per source and maintenance window of a server or system, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, target, started_at
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, target, started_at) as n_versions
    from {{ source('raw', 'system__maintenance') }}
)

select
    versions.source,
    versions.target,
    versions.started_at,
    versions.ended_at,
    versions.approved_by,
    versions.approved_at,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
