-- KPIs with a value from the sources, in the order of their definitions. Variants stand beside the KPI they vary on
-- its own page, figures about data quality on theirs.
select d.code
from seeds.kpi_definitions as d
where
    d.code in (select v.code from kpi.kpi_values as v where list_contains($sources, v.source))
    and d.variant_of is null
    and d.theme <> 'quality'
group by d.code
order by min(d.rowid)
