-- Grain: one row per run, source, batch, suite, expectation and column; source is null for tests of the
-- warehouse.
select
    run_id,
    source,
    slug,
    batch_id,
    suite,
    expectation,
    column_name,
    severity,
    is_success,
    n_checked,
    checked_at
from {{ source('ops', 'check_results') }}
