-- Grain: one row per source, server, resource, part of it (mount point of a disk) and five minutes with a
-- measurement.
-- Processors: one minus the mean share of idle time between two samples at most 15 minutes apart; a counter
-- that fell began anew and tells nothing. Memory and disks: one minus free over size, the size as last known,
-- else as first told.
{{ config(materialized='table') }}

with series as (
    select
        series.source,
        series.series_id,
        series.instance,
        metrics.resource,
        metrics.role,
        case
            when metrics.resource = 'disk'
                then coalesce({{ series_label('series.labels', 'mountpoint') }}, '')
            else ''
        end as part
    from {{ ref('stg_server__series') }} as series
    inner join {{ ref('resource_metrics') }} as metrics on series.metric = metrics.metric
    where
        series.instance is not null
        and (metrics.role <> 'idle_seconds' or {{ series_label('series.labels', 'mode') }} = 'idle')
        and coalesce({{ series_label('series.labels', 'fstype') }}, '') not in (
            'tmpfs', 'devtmpfs', 'ramfs', 'overlay', 'squashfs', 'iso9660', 'rootfs'
        )
),

samples as (
    select
        series.source,
        series.series_id,
        series.instance,
        series.resource,
        series.role,
        series.part,
        samples.value,
        {{ epoch_us('samples.sampled_at') }} as sampled_us
    from {{ ref('stg_server__samples') }} as samples
    inner join series on samples.source = series.source and samples.series_id = series.series_id
    where isfinite(samples.value)
),

counted as (
    select
        *,
        lag(value) over (partition by source, series_id order by sampled_us) as previous_value,
        lag(sampled_us) over (partition by source, series_id order by sampled_us) as previous_us
    from samples
    where role = 'idle_seconds'
),

idle as (
    select
        source,
        instance,
        resource,
        part,
        {{ five_minutes_of('sampled_us') }} as bucket,
        sum(value - previous_value) / (sum(sampled_us - previous_us) / 1e6) as idle_share
    from counted
    where value >= previous_value and sampled_us - previous_us between 1 and 900000000
    group by 1, 2, 3, 4, 5
),

measured as (
    select
        source,
        instance,
        resource,
        part,
        {{ five_minutes_of('sampled_us') }} as bucket,
        avg(
            case role
                when 'used_pct' then value / 100
                when 'used_ratio' then value
            end
        ) as used,
        avg(case when role = 'free_bytes' then value end) as free_bytes,
        avg(case when role = 'size_bytes' then value end) as size_bytes
    from samples
    where role <> 'idle_seconds'
    group by 1, 2, 3, 4, 5
),

sized as (
    select
        *,
        coalesce(
            last_value(size_bytes ignore nulls) over (
                partition by source, instance, resource, part
                order by bucket rows between unbounded preceding and current row
            ),
            first_value(size_bytes ignore nulls) over (
                partition by source, instance, resource, part
                order by bucket rows between unbounded preceding and unbounded following
            )
        ) as known_size_bytes
    from measured
),

usage as (
    select
        source,
        instance,
        resource,
        part,
        bucket,
        greatest(0, least(1, 1 - idle_share)) as used,
        null as free_bytes
    from idle
    union all
    select
        source,
        instance,
        resource,
        part,
        bucket,
        coalesce(used, 1 - free_bytes / nullif(known_size_bytes, 0)) as used,
        free_bytes
    from sized
    where used is not null or free_bytes is not null
)

select
    usage.source,
    usage.instance,
    usage.resource,
    usage.part,
    {{ five_minutes_at('usage.bucket') }} as measured_at,
    {{ local_day(five_minutes_at('usage.bucket'), 'clock.time_zone') }} as measured_on,
    usage.used,
    usage.free_bytes
from usage
inner join {{ ref('int_source__clock') }} as clock on usage.source = clock.source
where {{ five_minutes_at('usage.bucket') }} < clock.as_of
