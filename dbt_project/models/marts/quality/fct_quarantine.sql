-- Grain: one row per source, batch and reason for which records were put aside.
-- The records themselves stay in raw.
select
    source,
    slug,
    batch_id,
    reason_code,
    min(reason) as example_reason,
    count(*) as n_records,
    min(origin) as example_origin,
    max(quarantined_at) as quarantined_at
from {{ ref('stg_ops__quarantine') }}
group by source, slug, batch_id, reason_code
