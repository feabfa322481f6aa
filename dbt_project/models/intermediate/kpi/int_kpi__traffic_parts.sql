-- Grain: one row per KPI, source and provincial day.
-- C2 counts an hour of a camera only if it was online long enough in it (seed kpi_parameters);
-- the other hours are its n_missing.
with vehicles as (
    select
        source,
        camera_id,
        hour_at,
        sum(n_passages) as n_vehicles
    from {{ ref('fct_camera_hours') }}
    where is_vehicle
    group by source, camera_id, hour_at
),

hours as (
    select
        online.source,
        clock.unit_code,
        online.hour_on as counted_on,
        online.online_minutes,
        online.expected_minutes,
        online.missing_minutes,
        coalesce(vehicles.n_vehicles, 0) as n_vehicles,
        online.online_minutes >= parameters.value as is_countable
    from {{ ref('int_camera__online_hourly') }} as online
    inner join {{ ref('int_source__clock') }} as clock on online.source = clock.source
    inner join {{ ref('kpi_parameters') }} as parameters
        on
            parameters.code = 'C2'
            and parameters.name = 'min_online_minutes'
            and online.hour_on >= parameters.valid_from
            and online.hour_on <= coalesce(parameters.valid_to, online.hour_on)
    left join vehicles
        on
            online.source = vehicles.source
            and online.camera_id = vehicles.camera_id
            and online.hour_at = vehicles.hour_at
)

select
    'C1' as code,
    source,
    unit_code,
    counted_on,
    sum(online_minutes) as numerator,
    sum(online_minutes + missing_minutes) as numerator_high,
    sum(expected_minutes) as denominator,
    sum(missing_minutes) as n_missing
from hours
group by source, unit_code, counted_on
union all
select
    'C2' as code,
    source,
    unit_code,
    counted_on,
    sum(case when is_countable then n_vehicles else 0 end) as numerator,
    null as numerator_high,
    sum(case when is_countable then online_minutes else 0 end) / 60.0 as denominator,
    sum(case when is_countable then 0 else 1 end) as n_missing
from hours
group by source, unit_code, counted_on
