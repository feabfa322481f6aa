-- Grain: one row per source, unit, position and closing time of a report, as received last.
with versions as (
    select
        *,
        row_number() over (
            partition by source, unit, position, reported_at
            order by received_at desc, record_hash asc
        ) as nth_newest
    from {{ source('raw', 'system__staff') }}
)

select
    versions.source,
    versions.unit,
    versions.position,
    versions.reported_at,
    versions.n_payroll,
    versions.n_contract,
    versions.full_time_equivalent,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
