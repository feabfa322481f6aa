-- Per camera of one source, and those its register alone knows: place, minutes with pictures in a period with both
-- bounds, vehicles, and the last day of the period that has any news, worst first.
with days as (
    select
        *,
        max(online_on) over () as last_on
    from marts.fct_camera_days
    where source = $source and online_on between $first::date and $last::date
),

summed as (
    select
        camera_id,
        max(last_on) as last_on,
        sum(online_minutes) filter (where online_on = last_on) as online_last_day,
        sum(missing_minutes) filter (where online_on = last_on) as missing_last_day,
        cast(sum(online_minutes) as bigint) as online_minutes,
        cast(sum(n_vehicles) as bigint) as n_vehicles,
        sum(online_minutes) / nullif(sum(expected_minutes), 0) as low,
        (sum(online_minutes) + sum(missing_minutes)) / nullif(sum(expected_minutes), 0) as high
    from days
    group by camera_id
),

-- a camera taken down before the period, or put up after it, is not missed
placed as (
    select c.*
    from marts.dim_cameras as c
    inner join marts.dim_sources as s on s.source = $source
    where
        (c.source = s.source or c.source is null and c.unit_code = s.unit_code)
        and coalesce(c.installed_on <= $last::date, true)
        and coalesce(c.retired_on > $first::date, true)
)

select
    coalesce(p.camera_id, d.camera_id) as camera_id,
    p.name_vi,
    p.road_code,
    p.km_mark,
    p.direction,
    p.owner,
    p.lat,
    p.long,
    p.installed_on,
    d.* exclude (camera_id)
from placed as p
full join summed as d on p.camera_id = d.camera_id
order by d.low nulls last, camera_id
