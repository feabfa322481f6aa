-- Vehicles per local clock hour of one source, mean of its last $days days, all cameras together.
with days as (
    select
        max(online_on) as last_on,
        cast(least(cast($days as integer), count(distinct online_on)) as integer) as n_days
    from marts.fct_camera_days
    where source = $source
),

passages as (
    select
        hour(timezone(s.time_zone, h.hour_at)) as hour_of_day,
        sum(h.n_passages) as n_vehicles
    from marts.fct_camera_hours as h
    inner join marts.dim_sources as s on h.source = s.source
    inner join days as d on h.hour_on > d.last_on - cast($days as integer)
    where h.source = $source and h.is_vehicle
    group by hour_of_day
)

select
    r.hour_of_day,
    coalesce(p.n_vehicles, 0) / d.n_days as vehicles_per_hour,
    d.last_on - d.n_days + 1 as first_on,
    d.last_on
from (select unnest(range(24)) as hour_of_day) as r
cross join days as d
left join passages as p on r.hour_of_day = p.hour_of_day
where d.n_days > 0
order by r.hour_of_day
