-- Grain: one row per source and dossier, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, dossier_id
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, dossier_id) as n_versions
    from {{ source('raw', 'dossier__dossiers') }}
)

select
    versions.source,
    versions.dossier_id,
    versions.procedure_code,
    versions.procedure_name,
    versions.field_name,
    versions.agency,
    versions.unit_code,
    versions.filed_at,
    versions.due_at,
    versions.returned_at,
    versions.channel,
    versions.status,
    versions.is_full_process,
    versions.fee_vnd,
    versions.is_paid_online,
    versions.has_digital_components,
    versions.has_digital_result,
    versions.rating,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.filed_at', 'sources.time_zone') }} as filed_on,
    {{ local_day('versions.due_at', 'sources.time_zone') }} as due_on,
    {{ local_day('versions.returned_at', 'sources.time_zone') }} as returned_on,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
