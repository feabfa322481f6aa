-- Grain: one row per committed batch and table; rejected records stand as table 'quarantine'.
select
    batch_id,
    run_id,
    source,
    slug,
    table_name,
    n_offered,
    n_accepted,
    n_quarantined,
    n_deduplicated,
    event_min_at,
    event_max_at,
    received_at,
    committed_at
from {{ source('ops', 'batches') }}
