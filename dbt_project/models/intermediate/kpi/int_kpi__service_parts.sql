-- Grain: one row per KPI, source, administrative unit and provincial day the source's reports tell of.
-- By day of filing: D2, D4. By day of return: D5, D6S, D7. D1 counts what was resolved on the day of return,
-- and what is open past its deadline on the day of that deadline.
with dossiers as (
    select * from {{ ref('fct_dossiers') }}
),

spans as (
    select
        source,
        jurisdiction_code as unit_code,
        min(filed_on) as first_on,
        max(reported_on) as last_on
    from dossiers
    group by source, jurisdiction_code
),

marked as (
    select
        'D1' as code,
        source,
        counted_unit_code as unit_code,
        case when is_resolved then returned_on else due_on end as counted_on,
        cast(is_on_time as integer) as numerator,
        cast(due_at is not null as integer) as denominator,
        cast(due_at is null as integer) as n_missing
    from dossiers
    where is_resolved or is_open_late
    union all
    select
        'D2' as code,
        source,
        counted_unit_code as unit_code,
        filed_on as counted_on,
        cast(channel = 'online' as integer) as numerator,
        1 as denominator,
        0 as n_missing
    from dossiers
    union all
    select
        'D4' as code,
        source,
        counted_unit_code as unit_code,
        filed_on as counted_on,
        cast(coalesce(is_paid_online, false) as integer) as numerator,
        cast(is_paid_online is not null as integer) as denominator,
        cast(is_paid_online is null as integer) as n_missing
    from dossiers
    where fee_vnd > 0
    union all
    select
        'D5' as code,
        source,
        counted_unit_code as unit_code,
        returned_on as counted_on,
        cast(coalesce(has_digital_components and has_digital_result, false) as integer) as numerator,
        cast((has_digital_components and has_digital_result) is not null as integer) as denominator,
        cast((has_digital_components and has_digital_result) is null as integer) as n_missing
    from dossiers
    where is_resolved and coalesce(status, 'returned') = 'returned'
    union all
    select
        'D6S' as code,
        source,
        counted_unit_code as unit_code,
        returned_on as counted_on,
        cast(coalesce(is_satisfied, false) as integer) as numerator,
        cast(is_satisfied is not null as integer) as denominator,
        cast(is_satisfied is null as integer) as n_missing
    from dossiers
    where is_resolved
    union all
    select
        'D7' as code,
        source,
        counted_unit_code as unit_code,
        returned_on as counted_on,
        coalesce(working_days, 0) as numerator,
        cast(working_days is not null as integer) as denominator,
        cast(working_days is null as integer) as n_missing
    from dossiers
    where is_resolved
)

{{ daily_parts('marked', 'spans') }}
