-- KPIs with a value from the sources and the theme of each, those with a target first.
select
    d.code,
    min(d.theme) as theme
from seeds.kpi_definitions as d
where d.code in (select v.code from kpi.kpi_values as v where list_contains($sources, v.source))
group by d.code
order by bool_or(d.code in (select t.code from seeds.kpi_targets as t)) desc, min(d.rowid)
