-- Grain: one row per source and device message that tells of no tracked object.
select
    signals.source,
    signals.camera_id,
    signals.topic,
    signals.item,
    signals.sent_at,
    signals.operation,
    signals.is_active
from {{ source('raw', 'camera__signals') }} as signals
