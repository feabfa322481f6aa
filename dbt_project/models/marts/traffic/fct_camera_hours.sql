-- Grain: one row per source, camera, provincial clock hour, label and direction with at least one passage.
select
    hours.source,
    hours.camera_id,
    hours.hour_at,
    hours.hour_on,
    hours.label,
    hours.direction,
    hours.is_vehicle,
    cast(sum(hours.n_objects) as bigint) as n_passages,
    cast(sum(hours.total_speed_km_h) as double) / nullif(sum(hours.n_speeds), 0) as mean_speed_km_h,
    cast(sum(hours.n_speeds) as bigint) as n_speeds,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_camera__passage_hours') }} as hours
inner join {{ ref('int_source__clock') }} as clock on hours.source = clock.source
where not hours.is_false_positive
group by
    hours.source, hours.camera_id, hours.hour_at, hours.hour_on, hours.label, hours.direction, hours.is_vehicle,
    clock.is_synthetic, clock.as_of
