-- Grain: one row per source and planned backup or restore drill of a system, as the newest report tells of
-- it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, system_code, kind, planned_on
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, system_code, kind, planned_on) as n_versions
    from {{ source('raw', 'system__backups') }}
)

select
    versions.source,
    versions.system_code,
    versions.kind,
    versions.planned_on,
    versions.is_successful,
    versions.done_at,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
