-- Grain: one row per source, camera and provincial day with a vehicle that must bear a plate.
with passages as (
    select
        passages.source,
        passages.camera_id,
        passages.has_plate,
        passages.plate_confidence,
        {{ local_day('passages.start_at', 'clock.time_zone') }} as passed_on,
        parameters.value as min_confidence,
        clock.is_synthetic,
        clock.as_of
    from {{ ref('int_camera__passages') }} as passages
    inner join {{ ref('int_source__clock') }} as clock on passages.source = clock.source
    inner join {{ ref('kpi_parameters') }} as parameters
        on
            parameters.code = 'C4'
            and parameters.name = 'min_confidence'
            and {{ local_day('passages.start_at', 'clock.time_zone') }} >= parameters.valid_from
            and (
                parameters.valid_to is null
                or {{ local_day('passages.start_at', 'clock.time_zone') }} <= parameters.valid_to
            )
    where passages.bears_plate
)

select
    source,
    camera_id,
    passed_on,
    count(*) as n_vehicles,
    count(*) filter (where has_plate) as n_plates,
    count(*) filter (where has_plate and plate_confidence >= min_confidence) as n_sure_plates,
    count(*) filter (where has_plate and plate_confidence is null) as n_unscored_plates,
    is_synthetic,
    as_of
from passages
group by source, camera_id, passed_on, is_synthetic, as_of
