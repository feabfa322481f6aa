-- Grain: one row per sample of `up` of a server and per probe of a replica of a shared system.
-- What is watched is a server (kind host, target instance) or a shared system (kind system).
select
    samples.source,
    'host' as kind,
    series.instance as target,
    {{ epoch_us('samples.sampled_at') }} as measured_us,
    samples.value = 1 as is_up,
    samples.ingested_at
from {{ ref('stg_server__samples') }} as samples
inner join {{ ref('stg_server__series') }} as series
    on samples.source = series.source and samples.series_id = series.series_id
where series.metric = 'up' and series.instance is not null
union all
select
    source,
    'system' as kind,
    system as target,
    {{ epoch_us('sampled_at') }} as measured_us,
    is_success as is_up,
    ingested_at
from {{ ref('stg_server__probes') }}
where is_success is not null
