-- A share of a whole cannot leave 0..1; a row here means numerator and denominator count different things.
select
    kpi_values.code,
    kpi_values.source,
    kpi_values.value
from {{ ref('kpi_values') }} as kpi_values
inner join {{ ref('kpi_definitions') }} as definitions on kpi_values.code = definitions.code
where definitions.is_share and not kpi_values.value between 0 and 1
