-- Grain: one row per source, series and sample time.
select
    samples.source,
    samples.series_id,
    samples.sampled_at,
    samples.value
from {{ source('raw', 'server__samples') }} as samples
