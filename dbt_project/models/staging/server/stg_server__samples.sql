-- Grain: one row per source, series and sample time.
select
    samples.source,
    samples.series_id,
    samples.sampled_at,
    samples.value,
    samples.ingested_at
from {{ source('raw', 'server__samples') }} as samples
