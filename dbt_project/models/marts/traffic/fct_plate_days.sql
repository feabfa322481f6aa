-- Grain: one row per source, camera and provincial day with a vehicle that must bear a plate.
select
    hours.source,
    hours.camera_id,
    hours.hour_on as passed_on,
    cast(sum(hours.n_objects) as bigint) as n_vehicles,
    cast(sum(hours.n_plates) as bigint) as n_plates,
    cast(sum(hours.n_sure_plates) as bigint) as n_sure_plates,
    cast(sum(hours.n_unscored_plates) as bigint) as n_unscored_plates,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_camera__passage_hours') }} as hours
inner join {{ ref('int_source__clock') }} as clock on hours.source = clock.source
where not hours.is_false_positive and hours.bears_plate and hours.n_sure_plates is not null
group by hours.source, hours.camera_id, hours.hour_on, clock.is_synthetic, clock.as_of
