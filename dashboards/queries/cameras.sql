-- Per camera of one source over its last $days days: minutes online with both bounds, and vehicles, worst first.
with recent as (
    select
        *,
        max(online_on) over () as last_on
    from marts.fct_camera_days
    where source = $source
    qualify online_on > last_on - cast($days as integer)
)

select
    camera_id,
    min(online_on) as first_on,
    max(last_on) as last_on,
    coalesce(sum(online_minutes) filter (where online_on = last_on), 0) as online_last_day,
    cast(sum(online_minutes) as bigint) as online_minutes,
    cast(sum(n_vehicles) as bigint) as n_vehicles,
    sum(online_minutes) / nullif(sum(expected_minutes), 0) as low,
    (sum(online_minutes) + sum(missing_minutes)) / nullif(sum(expected_minutes), 0) as high
from recent
group by camera_id
order by low nulls first, camera_id
