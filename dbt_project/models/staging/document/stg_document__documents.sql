-- Grain: one row per source and document, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, direction, symbol, issuing_agency, issued_on
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, direction, symbol, issuing_agency, issued_on) as n_versions
    from {{ source('raw', 'document__documents') }}
)

select
    versions.source,
    versions.direction,
    versions.symbol,
    versions.issuing_agency,
    versions.issued_on,
    versions.kind,
    versions.arrived_at,
    versions.assigned_unit,
    versions.level,
    versions.due_on,
    versions.done_on,
    versions.is_assignment,
    versions.is_signed_digitally,
    versions.is_processed_online,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.arrived_at', 'sources.time_zone') }} as arrived_on,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
