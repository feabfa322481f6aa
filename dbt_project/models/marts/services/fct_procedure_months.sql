-- Grain: one row per source, administrative procedure and provincial month in which results were returned.
-- The mean is the sum of working days over the number of dossiers.
with procedures as (
    select
        source,
        procedure_key,
        max(limit_working_days) as limit_working_days
    from {{ ref('dim_procedures') }}
    group by source, procedure_key
),

returned as (
    select
        source,
        procedure_key,
        {{ period_start('returned_on', 'month') }} as month_on,
        max(procedure_name) as procedure_name,
        count(*) as n_resolved,
        count(working_days) as n_timed,
        cast(sum(working_days) as bigint) as working_days,
        max(working_days) as max_working_days
    from {{ ref('fct_dossiers') }}
    where is_resolved
    group by source, procedure_key, {{ period_start('returned_on', 'month') }}
)

select
    returned.source,
    returned.procedure_key,
    returned.procedure_name,
    returned.month_on,
    returned.n_resolved,
    returned.n_timed,
    returned.working_days,
    returned.max_working_days,
    procedures.limit_working_days,
    clock.is_synthetic
from returned
inner join {{ ref('int_source__clock') }} as clock on returned.source = clock.source
left join procedures
    on returned.source = procedures.source and returned.procedure_key = procedures.procedure_key
