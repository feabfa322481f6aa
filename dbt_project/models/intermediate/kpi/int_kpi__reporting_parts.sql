-- Grain: one row per KPI (E3), source, jurisdiction and provincial day of the deadline.
-- A report not handed in counts once its deadline has passed.
with reports as (
    select * from {{ ref('fct_reports_due') }}
),

spans as (
    select
        source,
        jurisdiction_code as unit_code,
        min(due_on) as first_on,
        max(reported_on) as last_on
    from reports
    group by source, jurisdiction_code
),

marked as (
    select
        'E3' as code,
        source,
        jurisdiction_code as unit_code,
        due_on as counted_on,
        cast(is_on_time as integer) as numerator,
        1 as denominator,
        0 as n_missing
    from reports
    where is_judged
)

{{ daily_parts('marked', 'spans') }}
