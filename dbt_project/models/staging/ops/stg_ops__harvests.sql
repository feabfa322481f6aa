-- Grain: one row per attempt to harvest a source.
select
    harvest_id,
    run_id,
    source,
    slug,
    started_at,
    finished_at,
    status,
    error,
    as_of,
    n_payloads
from {{ source('ops', 'harvests') }}
