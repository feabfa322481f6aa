-- Grain: one row per source, station, lane, direction, class and clock hour in which its reading began.
-- Vehicles of intervals longer than an hour stand in the hour in which the interval began.
with counts as (
    select
        counts.*,
        clock.time_zone,
        clock.is_synthetic,
        clock.as_of,
        {{ local_hour('counts.started_at', 'clock.time_zone') }} as hour_at,
        case
            when counts.n_vehicles is not null
                then ({{ epoch_us('counts.ended_at') }} - {{ epoch_us('counts.started_at') }}) / 60e6
            else 0
        end as counted_minutes
    from {{ ref('stg_camera__counts') }} as counts
    inner join {{ ref('int_source__clock') }} as clock on counts.source = clock.source
)

select
    source,
    station_id,
    lane,
    direction,
    vehicle_class,
    hour_at,
    {{ local_day('hour_at', 'time_zone') }} as hour_on,
    cast(sum(n_vehicles) as bigint) as n_vehicles,
    sum(counted_minutes) as counted_minutes,
    avg(cast(speed_km_h as decimal(18, 6))) as mean_speed_km_h,
    avg(cast(occupancy_pct as decimal(18, 6))) as mean_occupancy_pct,
    count(*) as n_readings,
    count(*) filter (where is_impossible) as n_impossible,
    count(*) filter (where is_filled_in) as n_filled_in,
    is_synthetic,
    as_of
from counts
group by source, station_id, lane, direction, vehicle_class, hour_at, time_zone, is_synthetic, as_of
