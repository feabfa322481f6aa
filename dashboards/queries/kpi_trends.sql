-- Per KPI and source: the values of up to thirteen complete periods of one grain up to a day, oldest first.
with own as (
    select
        v.code,
        v.source,
        v.period_start,
        v.value
    from kpi.kpi_values as v
    inner join marts.dim_sources as s on v.source = s.source
    where
        list_contains($sources, v.source)
        and list_contains($codes, v.code)
        and v.grain = $grain
        and v.period_end <= $last::date
        and not v.is_partial
        and v.value is not null
        and v.unit_code = coalesce($unit, s.unit_code)
        and v.unit_valid_from = coalesce($unit_valid_from::date, s.unit_valid_from)
)

select
    code,
    source,
    list(value order by period_start) as trend
from (
    select *
    from own
    qualify row_number() over (partition by code, source order by period_start desc) <= 13
)
group by code, source
