-- Grain: one row per source, camera and provincial day.
with vehicles as (
    select
        source,
        camera_id,
        hour_on,
        sum(n_passages) as n_vehicles
    from {{ ref('fct_camera_hours') }}
    where is_vehicle
    group by source, camera_id, hour_on
)

select
    days.source,
    days.camera_id,
    days.online_on,
    days.online_minutes,
    days.expected_minutes,
    days.missing_minutes,
    cast(coalesce(vehicles.n_vehicles, 0) as bigint) as n_vehicles,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_camera__online_daily') }} as days
inner join {{ ref('int_source__clock') }} as clock on days.source = clock.source
left join vehicles
    on
        days.source = vehicles.source
        and days.camera_id = vehicles.camera_id
        and days.online_on = vehicles.hour_on
