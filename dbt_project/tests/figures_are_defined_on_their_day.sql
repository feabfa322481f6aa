-- Every figure has exactly one definition on the last day of its period; older ones than the first definition are
-- judged by that.
with first_definitions as (
    select
        code,
        min(valid_from) as valid_from
    from {{ ref('kpi_definitions') }}
    group by code
),

figures as (
    select distinct
        code,
        period_end
    from {{ ref('kpi_values') }}
)

select
    figures.code,
    figures.period_end,
    count(definitions.code) as n_definitions
from figures
left join first_definitions on figures.code = first_definitions.code
left join {{ ref('kpi_definitions') }} as definitions
    on
        figures.code = definitions.code
        and greatest(figures.period_end, first_definitions.valid_from)
        between definitions.valid_from and coalesce(definitions.valid_to, date '9999-12-31')
group by figures.code, figures.period_end
having count(definitions.code) <> 1
