-- Published figures that belong to a KPI theme, set against what a source yields.
select
    c.id,
    c.claim_vi,
    c.operator,
    c.published_value,
    c.published_decimals,
    c.measure,
    c.unit_vi,
    c.computed_value,
    c.computed_numerator,
    c.computed_denominator,
    c.implied_total,
    c.bound_total,
    c.scope_from,
    c.scope_to,
    c.verdict,
    c.is_contradicted_by_published,
    c.document
from kpi.published_check as c
inner join seeds.kpi_definitions as d on c.kpi_code = d.code and d.theme = $theme
where c.source = $source
order by c.id
