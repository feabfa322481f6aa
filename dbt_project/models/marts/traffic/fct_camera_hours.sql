-- Grain: one row per source, camera, provincial clock hour, label and direction with at least one passage.
with passages as (
    select
        passages.source,
        passages.camera_id,
        passages.label,
        passages.is_vehicle,
        coalesce(passages.direction, 'unknown') as direction,
        passages.speed_km_h,
        {{ local_hour('passages.start_at', 'clock.time_zone') }} as hour_at,
        clock.time_zone,
        clock.is_synthetic,
        clock.as_of
    from {{ ref('int_camera__passages') }} as passages
    inner join {{ ref('int_source__clock') }} as clock on passages.source = clock.source
)

select
    source,
    camera_id,
    hour_at,
    {{ local_day('hour_at', 'time_zone') }} as hour_on,
    label,
    direction,
    is_vehicle,
    count(*) as n_passages,
    avg(cast(speed_km_h as decimal(18, 6))) as mean_speed_km_h,
    count(speed_km_h) as n_speeds,
    is_synthetic,
    as_of
from passages
group by source, camera_id, hour_at, time_zone, label, direction, is_vehicle, is_synthetic, as_of
