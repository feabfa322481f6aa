-- Grain: one row per source, camera and tracked object that is no false positive.
select
    source,
    camera_id,
    event_id,
    start_at,
    end_at,
    label,
    direction,
    speed_km_h,
    is_speed_impossible,
    top_score,
    has_plate,
    plate_confidence,
    is_vehicle,
    bears_plate
from {{ ref('int_camera__objects') }}
where not is_false_positive
