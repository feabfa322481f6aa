-- One KPI of one source at one grain, period by period, for the source's own jurisdiction.
select
    v.period_start,
    v.period_end,
    v.numerator,
    v.denominator,
    v.value,
    coalesce(v.value_low, v.value) as value_low,
    coalesce(v.value_high, v.value) as value_high,
    v.n_missing,
    v.is_partial
from kpi.kpi_values as v
inner join marts.dim_sources as s on v.source = s.source and v.unit_code = s.unit_code and v.unit_valid_from = s.unit_valid_from
where v.source = $source and v.code = $code and v.grain = $grain
order by v.period_start
