-- Grain: one row per KPI, source, grain and period with a measurement.
-- S6C, S6M, S6D: 95th percentile of all five-minute values of all servers; numerator values, denominator
-- servers. S7: days until the first disk is full, as of the last day of the period that is told of; numerator
-- disks that fill, denominator disks with enough days to judge (seed kpi_parameters); null when none fills.
with usage as (
    select
        source,
        instance,
        resource,
        measured_on,
        used
    from {{ ref('int_server__usage') }}
    where used is not null
),

usage_periods as (
    {{ day_periods('usage', 'measured_on') }}
),

quantiles as (
    select
        usage.source,
        usage.resource,
        usage_periods.grain,
        usage_periods.period_start,
        count(*) as n_values,
        count(distinct usage.instance) as n_servers,
        {{ quantile('usage.used', 0.95) }} as p95_used
    from usage
    inner join usage_periods
        on usage.source = usage_periods.source and usage.measured_on = usage_periods.measured_on
    group by usage.source, usage.resource, usage_periods.grain, usage_periods.period_start
),

disk_days as (
    select
        source,
        instance,
        part,
        measured_on,
        mean_free_bytes
    from {{ ref('fct_usage_days') }}
    where resource = 'disk' and mean_free_bytes is not null
),

disk_periods as (
    {{ day_periods('disk_days', 'measured_on') }}
),

disk_period_ends as (
    select
        source,
        grain,
        period_start,
        max(measured_on) as judged_on
    from disk_periods
    group by source, grain, period_start
),

judged_days as (
    select distinct
        ends.source,
        ends.judged_on,
        windows.value as window_days,
        minimums.value as min_days
    from disk_period_ends as ends
    inner join {{ ref('kpi_parameters') }} as windows
        on
            windows.code = 'S7'
            and windows.name = 'window_days'
            and ends.judged_on >= windows.valid_from
            and ends.judged_on <= coalesce(windows.valid_to, ends.judged_on)
    inner join {{ ref('kpi_parameters') }} as minimums
        on
            minimums.code = 'S7'
            and minimums.name = 'min_days'
            and ends.judged_on >= minimums.valid_from
            and ends.judged_on <= coalesce(minimums.valid_to, ends.judged_on)
),

slopes as (
    select
        judged_days.source,
        judged_days.judged_on,
        judged_days.min_days,
        disk_days.instance,
        disk_days.part,
        count(*) as n_days,
        {{ at_latest('disk_days.mean_free_bytes', 'disk_days.measured_on') }} as free_bytes,
        regr_slope(
            disk_days.mean_free_bytes, {{ n_days('disk_days.measured_on', 'judged_days.judged_on') }}
        ) as lost_bytes_per_day
    from judged_days
    inner join disk_days
        on
            judged_days.source = disk_days.source
            and {{ n_days('disk_days.measured_on', 'judged_days.judged_on') }}
            between 1 and judged_days.window_days
    group by 1, 2, 3, 4, 5
    having max(disk_days.measured_on) = judged_days.judged_on
),

-- counted backwards from the day of judgement, a disk that fills has a rising line
filling as (
    select
        source,
        judged_on,
        count(*) as n_disks,
        count(*) filter (where lost_bytes_per_day > 0) as n_filling,
        min(free_bytes / lost_bytes_per_day) filter (where lost_bytes_per_day > 0) as days_left
    from slopes
    where n_days >= min_days
    group by source, judged_on
),

figures as (
    select
        case resource
            when 'cpu' then 'S6C'
            when 'memory' then 'S6M'
            else 'S6D'
        end as code,
        source,
        grain,
        period_start,
        n_values as numerator,
        n_servers as denominator,
        p95_used as value
    from quantiles
    union all
    select
        'S7' as code,
        ends.source,
        ends.grain,
        ends.period_start,
        filling.n_filling as numerator,
        filling.n_disks as denominator,
        filling.days_left as value
    from disk_period_ends as ends
    inner join filling on ends.source = filling.source and ends.judged_on = filling.judged_on
)

select
    figures.code,
    figures.source,
    clock.unit_code,
    figures.grain,
    figures.period_start,
    figures.numerator,
    figures.denominator,
    figures.value,
    null as value_low,
    null as value_high,
    null as n_missing
from figures
inner join {{ ref('int_source__clock') }} as clock on figures.source = clock.source
