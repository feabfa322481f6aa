-- Servers and shared systems watched by the sources, each as last measured, with the silence after which nobody knows.
-- A server goes by the first label of its address where that is a name and its own alone.
with watched as (
    select
        *,
        coalesce(system_name, nullif(regexp_extract(target, '^[^.:]*[A-Za-z][^.:]*'), ''), target) as name
    from marts.dim_watched
    where list_contains($sources, source)
)

select
    w.source,
    w.kind,
    w.target,
    case when w.kind = 'system' or count(*) over (partition by w.kind, w.name) = 1 then w.name else w.target end as name,
    w.first_measured_at,
    w.last_measured_at,
    w.is_up,
    w.is_in_maintenance,
    w.step_s * p.value as silent_s,
    w.certificate_expires_at,
    w.is_synthetic,
    w.as_of,
    s.freshness_s,
    i.started_at as down_since
from watched as w
inner join marts.dim_sources as s on w.source = s.source
inner join seeds.kpi_parameters as p on p.code = 'S2' and p.name = 'max_silent_steps' and p.valid_to is null
left join marts.fct_incidents as i
    on w.source = i.source and w.kind = i.kind and w.target = i.target and i.ended_at is null
order by w.kind, w.target, w.source
