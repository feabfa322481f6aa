-- Grain: one row per source and time series.
select
    source,
    series_id,
    metric,
    instance,
    job,
    labels,
    first_at
from {{ source('raw', 'server__series') }}
