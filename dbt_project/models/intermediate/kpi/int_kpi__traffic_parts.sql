-- Grain: one row per KPI, source and provincial day.
-- C2 counts an hour of a camera only if it was online long enough in it (seed kpi_parameters); the other
-- hours are its n_missing. C3: minutes without speed or occupancy. C4: plates read without a confidence. C5:
-- vehicles at the border of the province whose direction is unknown.
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
),

-- a source that never tells both readings has no congestion to tell of
congestion as (
    select
        facts.source,
        clock.unit_code,
        facts.counted_on,
        sum(facts.congested_minutes) as congested_minutes,
        sum(facts.counted_minutes - facts.judged_minutes) as unjudged_minutes
    from {{ ref('fct_congestion_days') }} as facts
    inner join {{ ref('int_source__clock') }} as clock on facts.source = clock.source
    group by facts.source, clock.unit_code, facts.counted_on
    qualify sum(sum(facts.judged_minutes)) over (partition by facts.source) > 0
),

-- nor one that never reads a plate a rate of plates
plates as (
    select
        facts.source,
        clock.unit_code,
        facts.passed_on as counted_on,
        sum(facts.n_vehicles) as n_vehicles,
        sum(facts.n_sure_plates) as n_sure_plates,
        sum(facts.n_unscored_plates) as n_unscored_plates
    from {{ ref('fct_plate_days') }} as facts
    inner join {{ ref('int_source__clock') }} as clock on facts.source = clock.source
    group by facts.source, clock.unit_code, facts.passed_on
    qualify sum(sum(facts.n_plates)) over (partition by facts.source) > 0
),

border as (
    select
        facts.source,
        clock.unit_code,
        facts.hour_on as counted_on,
        sum(case when facts.direction = 'inbound' then facts.n_passages else 0 end) as n_in,
        sum(case when facts.direction = 'outbound' then facts.n_passages else 0 end) as n_out,
        sum(
            case when facts.direction in ('inbound', 'outbound') then 0 else facts.n_passages end
        ) as n_unknown
    from {{ ref('fct_camera_hours') }} as facts
    inner join {{ ref('int_source__clock') }} as clock on facts.source = clock.source
    inner join {{ ref('kpi_objects') }} as cordon
        on
            cordon.code = 'C5'
            and facts.camera_id = cordon.object
            and facts.hour_on >= cordon.valid_from
            and facts.hour_on <= coalesce(cordon.valid_to, facts.hour_on)
    where facts.is_vehicle
    group by facts.source, clock.unit_code, facts.hour_on
),

vehicle_days as (
    select
        facts.source,
        clock.unit_code,
        facts.hour_on as counted_on,
        sum(facts.n_passages) as n_vehicles
    from {{ ref('fct_camera_hours') }} as facts
    inner join {{ ref('int_source__clock') }} as clock on facts.source = clock.source
    where facts.is_vehicle
    group by facts.source, clock.unit_code, facts.hour_on
),

violations as (
    select
        source,
        seen_on as counted_on,
        sum(n_violations) as n_violations,
        min(seen_on) over (partition by source) as first_on
    from {{ ref('fct_violation_days') }}
    group by source, seen_on
),

reporting as (
    select distinct
        source,
        first_on
    from violations
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
union all
select
    'C3' as code,
    source,
    unit_code,
    counted_on,
    congested_minutes as numerator,
    null as numerator_high,
    null as denominator,
    unjudged_minutes as n_missing
from congestion
union all
select
    'C4' as code,
    source,
    unit_code,
    counted_on,
    n_sure_plates as numerator,
    n_sure_plates + n_unscored_plates as numerator_high,
    n_vehicles as denominator,
    n_unscored_plates as n_missing
from plates
union all
select
    'C5' as code,
    source,
    unit_code,
    counted_on,
    n_in - n_out as numerator,
    null as numerator_high,
    n_in + n_out as denominator,
    n_unknown as n_missing
from border
union all
select
    'C6' as code,
    vehicle_days.source,
    vehicle_days.unit_code,
    vehicle_days.counted_on,
    coalesce(violations.n_violations, 0) as numerator,
    null as numerator_high,
    vehicle_days.n_vehicles / 1000.0 as denominator,
    null as n_missing
from vehicle_days
inner join reporting
    on vehicle_days.source = reporting.source and vehicle_days.counted_on >= reporting.first_on
left join violations
    on vehicle_days.source = violations.source and vehicle_days.counted_on = violations.counted_on
