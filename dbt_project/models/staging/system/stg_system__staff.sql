-- Grain: one row per source and unit and position, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, unit, position
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, unit, position) as n_versions
    from {{ source('raw', 'system__staff') }}
)

select
    versions.source,
    versions.unit,
    versions.position,
    versions.n_payroll,
    versions.n_contract,
    versions.full_time_equivalent,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
