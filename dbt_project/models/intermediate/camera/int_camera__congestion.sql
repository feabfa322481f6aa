-- Grain: one row per source, station, lane, direction and counted interval.
-- Congested: slower than a share of the lane's free-flow speed and occupied more than a threshold (seed
-- kpi_parameters, C3). Free flow is a high percentile of the lane's own speeds. Without both readings nothing
-- can be told.
with readings as (
    select
        counts.source,
        counts.station_id,
        counts.lane,
        counts.direction,
        counts.started_at,
        counts.ended_at,
        {{ local_day('counts.started_at', 'clock.time_zone') }} as started_on,
        ({{ epoch_us('counts.ended_at') }} - {{ epoch_us('counts.started_at') }}) / 60e6 as minutes,
        avg(counts.speed_km_h) as speed_km_h,
        avg(counts.occupancy_pct) as occupancy_pct
    from {{ ref('stg_camera__counts') }} as counts
    inner join {{ ref('int_source__clock') }} as clock on counts.source = clock.source
    where counts.ended_at > counts.started_at and counts.started_at < clock.as_of
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

parameters as (
    select
        max(case when name = 'free_flow_quantile' then value end) as free_flow_quantile,
        max(case when name = 'speed_share' then value end) as speed_share,
        max(case when name = 'min_occupancy_pct' then value end) as min_occupancy_pct
    from {{ ref('kpi_parameters') }}
    where code = 'C3' and valid_to is null
),

speeds as (
    select
        source,
        station_id,
        lane,
        direction,
        speed_km_h,
        row_number() over (partition by source, station_id, lane, direction order by speed_km_h) as place,
        count(*) over (partition by source, station_id, lane, direction) as n_readings
    from readings
    where speed_km_h is not null
),

-- the percentile of sorted speeds: the first that so many do not pass
lanes as (
    select
        speeds.source,
        speeds.station_id,
        speeds.lane,
        speeds.direction,
        speeds.speed_km_h as free_flow_km_h
    from speeds
    cross join parameters
    where speeds.place = ceil(parameters.free_flow_quantile * speeds.n_readings)
)

select
    readings.source,
    readings.station_id,
    readings.lane,
    readings.direction,
    readings.started_at,
    readings.started_on,
    readings.minutes,
    readings.speed_km_h,
    readings.occupancy_pct,
    lanes.free_flow_km_h,
    readings.speed_km_h < parameters.speed_share * lanes.free_flow_km_h
    and readings.occupancy_pct > parameters.min_occupancy_pct as is_congested,
    readings.speed_km_h is not null and readings.occupancy_pct is not null as is_judged
from readings
cross join parameters
left join lanes
    on
        readings.source = lanes.source
        and readings.station_id = lanes.station_id
        and readings.lane = lanes.lane
        and readings.direction = lanes.direction
