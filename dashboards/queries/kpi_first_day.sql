-- The first day with a value, over all KPIs of the sources; null if there is none.
select min(period_start) as first_day
from kpi.kpi_values
where grain = 'day' and list_contains($sources, source)
