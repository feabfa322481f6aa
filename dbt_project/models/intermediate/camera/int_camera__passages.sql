-- Grain: one row per source, camera and tracked object, as its newest message tells it.
-- It begins with the earliest message about it and has a plate if any message or later reading has one.
-- False positives are left out. A speed above 250 km/h is an error of the detector and is taken out.
with messages as (
    select
        *,
        row_number() over (
            partition by source, camera_id, event_id
            order by sent_at desc, case event_type when 'end' then 1 when 'update' then 2 else 3 end
        ) as nth_newest,
        min(start_at) over (partition by source, camera_id, event_id) as first_at,
        max(end_at) over (partition by source, camera_id, event_id) as last_at,
        count(plate_token) over (partition by source, camera_id, event_id) as n_plates,
        max(plate_confidence) over (partition by source, camera_id, event_id) as best_confidence,
        coalesce(speed_km_h > 250, false) as is_speed_impossible
    from {{ ref('stg_camera__events') }}
),

readings as (
    select
        source,
        camera_id,
        event_id,
        max(plate_confidence) as best_confidence
    from {{ ref('stg_camera__plates') }}
    where plate_token is not null
    group by source, camera_id, event_id
)

select
    messages.source,
    messages.camera_id,
    messages.event_id,
    messages.first_at as start_at,
    messages.last_at as end_at,
    messages.label,
    messages.direction,
    case when not messages.is_speed_impossible then messages.speed_km_h end as speed_km_h,
    messages.is_speed_impossible,
    messages.top_score,
    messages.n_plates > 0 or readings.event_id is not null as has_plate,
    greatest(messages.best_confidence, readings.best_confidence) as plate_confidence,
    coalesce(labels.is_vehicle, false) as is_vehicle,
    coalesce(labels.bears_plate, false) as bears_plate
from messages
left join {{ ref('object_labels') }} as labels on messages.label = labels.label
left join readings
    on
        messages.source = readings.source
        and messages.camera_id = readings.camera_id
        and messages.event_id = readings.event_id
where messages.nth_newest = 1 and not coalesce(messages.is_false_positive, false)
