-- The target of one KPI at one grain on a day, for the jurisdiction of a source; no row when there is none.
select t.target
from seeds.kpi_targets as t
inner join marts.dim_sources as s on t.unit_code = s.unit_code
where
    s.source = $source
    and t.code = $code
    and coalesce(t.grain, $grain) = $grain
    and $day::date between t.valid_from and coalesce(t.valid_to, date '9999-12-31')
order by t.grain is null, t.valid_from desc
limit 1
