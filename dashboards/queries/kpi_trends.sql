-- Per KPI, source and grain: the values of up to thirteen latest complete periods, oldest first.
with ranked as (
    select
        v.code,
        v.source,
        v.grain,
        v.period_start,
        v.value,
        row_number() over (partition by v.code, v.source, v.grain order by v.period_start desc) as recency
    from kpi.kpi_values as v
    inner join marts.dim_sources as s on v.source = s.source and v.unit_code = s.unit_code and v.unit_valid_from = s.unit_valid_from
    where list_contains($sources, v.source) and not v.is_partial and v.value is not null and v.grain <> 'all'
)

select
    code,
    source,
    grain,
    list(value order by period_start) as trend
from ranked
where recency <= 13
group by code, source, grain
order by code, source, grain
