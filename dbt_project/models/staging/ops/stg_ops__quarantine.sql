-- Grain: one row per rejected record that no replay has read otherwise since.
-- The record itself stays in raw: it may hold personal data.
select
    source,
    slug,
    batch_id,
    origin,
    position,
    reason_code,
    reason,
    raw_sha256,
    quarantined_at
from {{ source('raw', 'quarantine') }}
where replayed_at is null
