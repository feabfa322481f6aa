-- Grain: one row per source and administrative procedure offered.
select
    procedures.source,
    left(procedures.procedure_code, 8) as procedure_key,
    procedures.procedure_code,
    procedures.procedure_name,
    procedures.field_name,
    procedures.agency,
    procedures.service_level,
    procedures.service_level = 'full' as is_full_process,
    procedures.limit_working_days,
    procedures.withdrawn_on,
    procedures.reported_at,
    clock.unit_code as jurisdiction_code,
    clock.is_synthetic
from {{ ref('stg_dossier__procedures') }} as procedures
inner join {{ ref('int_source__clock') }} as clock on procedures.source = clock.source
