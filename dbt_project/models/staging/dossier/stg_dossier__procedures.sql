-- Grain: one row per source and procedure, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, procedure_code
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, procedure_code) as n_versions
    from {{ source('raw', 'dossier__procedures') }}
)

select
    versions.source,
    versions.procedure_code,
    versions.procedure_name,
    versions.field_name,
    versions.agency,
    versions.service_level,
    versions.limit_working_days,
    versions.withdrawn_on,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
