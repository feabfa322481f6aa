-- Grain: one row per source, tracked object and plate reading.
select
    plates.source,
    plates.camera_id,
    plates.event_id,
    plates.read_at,
    plates.plate_token,
    plates.plate_confidence,
    plates.ingested_at
from {{ source('raw', 'camera__plates') }} as plates
