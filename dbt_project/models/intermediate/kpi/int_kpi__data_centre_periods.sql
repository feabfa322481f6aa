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
        judged_on as measured_on,
        count(*) filter (where is_judged) as n_disks,
        count(days_left) as n_filling,
        min(days_left) as days_left
    from {{ ref('fct_disk_outlook') }}
    group by source, judged_on
),

disk_periods as (
    {{ day_periods('disk_days', 'measured_on') }}
),

disk_period_ends as (
    select
        source,
        grain,
        period_start,
        max(measured_on) as measured_on
    from disk_periods
    group by source, grain, period_start
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
        disk_days.n_filling as numerator,
        disk_days.n_disks as denominator,
        disk_days.days_left as value
    from disk_period_ends as ends
    inner join disk_days on ends.source = disk_days.source and ends.measured_on = disk_days.measured_on
    where disk_days.n_disks > 0
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
