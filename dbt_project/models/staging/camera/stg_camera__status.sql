-- Grain: one row per source, camera and statistics message.
select
    status.source,
    status.camera_id,
    status.reported_at,
    status.camera_fps,
    status.is_online,
    status.ingested_at
from {{ source('raw', 'camera__status') }} as status
