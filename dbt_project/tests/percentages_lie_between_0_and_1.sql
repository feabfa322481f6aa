-- A share of a whole cannot leave 0..1; a row here means numerator and denominator count different things. Not shares:
-- what is left of a budget (S5), differences over sums (M4, C5), deviations (Q3).
select
    kpi_values.code,
    kpi_values.source,
    kpi_values.value
from {{ ref('kpi_values') }} as kpi_values
inner join {{ ref('kpi_definitions') }} as definitions on kpi_values.code = definitions.code
where
    definitions.is_percent
    and definitions.code not in ('S5', 'M4', 'C5', 'Q3')
    and not kpi_values.value between 0 and 1
