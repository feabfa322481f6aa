-- Grain: one row per source, probe target and instant: what the blackbox exporter measured together.
-- Targets with the same label `system` are replicas of one shared system; a target without it is its own.
with probe_series as (
    select
        source,
        series_id,
        metric,
        instance,
        coalesce({{ series_label('labels', 'system') }}, instance) as system
    from {{ ref('stg_server__series') }}
    where
        instance is not null
        and metric in (
            'probe_success',
            'probe_duration_seconds',
            'probe_http_status_code',
            'probe_ssl_earliest_cert_expiry'
        )
)

select
    probe_series.source,
    probe_series.system,
    probe_series.instance,
    samples.sampled_at,
    min(samples.value = 1) filter (where probe_series.metric = 'probe_success') as is_success,
    max(samples.value) filter (where probe_series.metric = 'probe_duration_seconds') as duration_s,
    -- the exporter writes 0 where no answer came, and for the expiry where no certificate was seen
    cast(
        max(samples.value) filter (
            where probe_series.metric = 'probe_http_status_code' and samples.value between 100 and 999
        ) as bigint
    ) as http_status_code,
    {{ instant(
        "1e6 * min(samples.value) filter (where probe_series.metric = 'probe_ssl_earliest_cert_expiry' "
        ~ "and samples.value between 1 and 253402300799)"
    ) }} as certificate_expires_at,
    max(samples.ingested_at) as ingested_at
from {{ ref('stg_server__samples') }} as samples
inner join probe_series on samples.source = probe_series.source and samples.series_id = probe_series.series_id
group by 1, 2, 3, 4
