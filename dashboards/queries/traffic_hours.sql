-- Vehicles per local clock hour of one source, all cameras together: mean over the days of a period that have news, and
-- over those of the period before; null where that has none.
with days as (
    select
        count(distinct online_on) filter (where online_on between $first::date and $last::date) as n_days,
        count(distinct online_on) filter (where online_on between $previous_first::date and $previous_last::date) as n_days_before
    from marts.fct_camera_days
    where source = $source
),

-- summed before the clock of the place is asked, which takes longest
hours as (
    select
        hour_at,
        hour_on,
        sum(n_passages) as n_passages
    from marts.fct_camera_hours
    where
        source = $source
        and is_vehicle
        and hour_on between coalesce($previous_first::date, $first::date) and $last::date
    group by hour_at, hour_on
),

passages as (
    select
        hour(timezone(s.time_zone, h.hour_at)) as hour_of_day,
        sum(h.n_passages) filter (where h.hour_on between $first::date and $last::date) as n_vehicles,
        sum(h.n_passages) filter (where h.hour_on between $previous_first::date and $previous_last::date) as n_vehicles_before
    from hours as h
    inner join marts.dim_sources as s on s.source = $source
    group by hour_of_day
)

select
    r.hour_of_day,
    coalesce(p.n_vehicles, 0) / d.n_days as vehicles_per_hour,
    coalesce(p.n_vehicles_before, 0) / nullif(d.n_days_before, 0) as vehicles_per_hour_before
from (select unnest(range(24)) as hour_of_day) as r
cross join days as d
left join passages as p on r.hour_of_day = p.hour_of_day
where d.n_days > 0
order by r.hour_of_day
