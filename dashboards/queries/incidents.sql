-- Incidents of servers and shared systems that touch the days shown, the open ones first, then the newest.
select
    i.kind,
    i.target,
    coalesce(w.system_name, i.target) as name,
    i.started_at,
    i.ended_at,
    i.down_minutes,
    count(*) over () as n_found
from marts.fct_incidents as i
inner join marts.dim_sources as s on i.source = s.source
left join marts.dim_watched as w on i.source = w.source and i.kind = w.kind and i.target = w.target
where
    list_contains($sources, i.source)
    and ($target::varchar is null or i.target = $target)
    and i.started_on <= $last
    and (i.ended_at is null or cast(timezone(s.time_zone, i.ended_at) as date) >= $first)
order by i.ended_at is not null, i.started_at desc, i.kind, i.target
limit $limit
