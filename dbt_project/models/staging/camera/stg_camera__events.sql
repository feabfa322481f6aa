-- Grain: one row per source and message about a tracked object.
select
    events.source,
    events.camera_id,
    events.event_id,
    events.event_type,
    events.sent_at,
    events.start_at,
    events.end_at,
    events.label,
    events.top_score,
    events.is_false_positive,
    events.is_stationary,
    events.direction,
    events.speed_km_h,
    events.plate_token,
    events.plate_confidence,
    events.ingested_at
from {{ source('raw', 'camera__events') }} as events
