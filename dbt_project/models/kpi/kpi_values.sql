-- Grain: one row per KPI, grain, first day of the period, administrative unit and source.
-- Only additive parts are rolled up; a rate is sum over sum, and null when there is nothing to divide by.
with parts as (
    select * from {{ ref('int_kpi__feedback_parts') }}
    union all
    select * from {{ ref('int_kpi__data_centre_parts') }}
    union all
    select * from {{ ref('int_kpi__media_parts') }}
    union all
    select * from {{ ref('int_kpi__traffic_parts') }}
),

spans as (
    select
        parts.code,
        parts.source,
        min(parts.counted_on) as first_on,
        max(parts.counted_on) as last_on,
        -- the day of the source's clock is not over
        least(max(parts.counted_on), max(clock.as_of_on) - 1) as complete_until
    from parts
    inner join {{ ref('int_source__clock') }} as clock on parts.source = clock.source
    group by parts.code, parts.source
),

days_in_periods as (
    {% for grain in ['day', 'week', 'month', 'quarter', 'year'] %}
        select
            *,
            '{{ grain }}' as grain,
            {{ period_start('counted_on', grain) }} as period_start
        from parts
        union all
    {% endfor %}
    select
        parts.*,
        'all' as grain,
        spans.first_on as period_start
    from parts
    inner join spans on parts.code = spans.code and parts.source = spans.source
),

periods as (
    select
        code,
        grain,
        period_start,
        unit_code,
        source,
        cast(sum(numerator) as double) as numerator,
        cast(sum(numerator_high) as double) as numerator_high,
        cast(sum(denominator) as double) as denominator,
        cast(sum(n_missing) as double) as n_missing
    from days_in_periods
    group by code, grain, period_start, unit_code, source
),

dated as (
    select
        periods.*,
        case periods.grain
            {% for grain in ['day', 'week', 'month', 'quarter', 'year'] %}
                when '{{ grain }}' then {{ period_end('periods.period_start', grain) }}
            {% endfor %}
            else spans.last_on
        end as period_end,
        spans.first_on,
        spans.complete_until
    from periods
    inner join spans on periods.code = spans.code and periods.source = spans.source
)

select
    dated.code,
    dated.grain,
    dated.period_start,
    dated.period_end,
    dated.unit_code,
    dated.source,
    dated.numerator,
    dated.denominator,
    -- a KPI without denominator is a count
    case
        when dated.denominator is null then dated.numerator
        else dated.numerator / nullif(dated.denominator, 0)
    end as value,
    case
        when dated.numerator_high is not null then dated.numerator / nullif(dated.denominator, 0)
    end as value_low,
    dated.numerator_high / nullif(dated.denominator, 0) as value_high,
    dated.n_missing,
    dated.grain <> 'all'
    and (dated.period_start < dated.first_on or dated.period_end > dated.complete_until) as is_partial,
    clock.as_of,
    clock.is_synthetic
from dated
inner join {{ ref('int_source__clock') }} as clock on dated.source = clock.source
