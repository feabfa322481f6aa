-- One camera of one source day by day: minutes with pictures, minutes without any news, vehicles, readings flagged.
with readings as (
    select
        hour_on,
        sum(n_readings) as n_readings,
        sum(n_impossible) as n_impossible,
        sum(n_filled_in) as n_filled_in
    from marts.fct_station_hours
    where source = $source and station_id = $camera and hour_on between $first::date and $last::date
    group by hour_on
)

select
    d.online_on,
    d.online_minutes,
    d.missing_minutes,
    d.expected_minutes,
    d.n_vehicles,
    cast(r.n_readings as bigint) as n_readings,
    cast(r.n_impossible as bigint) as n_impossible,
    cast(r.n_filled_in as bigint) as n_filled_in
from marts.fct_camera_days as d
left join readings as r on d.online_on = r.hour_on
where d.source = $source and d.camera_id = $camera and d.online_on between $first::date and $last::date
order by d.online_on
