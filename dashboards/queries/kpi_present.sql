-- KPIs with a value from the sources, in the order of their definitions.
select d.code
from seeds.kpi_definitions as d
where d.code in (select v.code from kpi.kpi_values as v where list_contains($sources, v.source))
group by d.code
order by min(d.rowid)
