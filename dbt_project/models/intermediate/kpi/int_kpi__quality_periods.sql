-- Grain: one row per KPI, source, grain and period.
-- Q1: the least of the four rates Q1A to Q1D of the period, with its numerator and denominator; n_missing:
-- rates of the four that the source has not. Q3 (grain all only): greatest relative deviation of a published
-- figure from what the source gives for the claim's own days; numerator figures that deviate by more than the
-- tolerance of kpi_parameters, denominator figures recomputed. It is summed here from the parts, because
-- published_check reads kpi_values.
with parts as (
    select *
    from {{ ref('int_kpi__quality_parts') }}
    where code in ('Q1A', 'Q1B', 'Q1C', 'Q1D')
),

quality_periods as (
    {{ day_periods('parts', 'counted_on') }}
),

rates as (
    select
        parts.source,
        parts.code,
        quality_periods.grain,
        quality_periods.period_start,
        sum(parts.numerator) as numerator,
        sum(parts.denominator) as denominator,
        sum(parts.numerator) / nullif(sum(parts.denominator), 0) as rate
    from parts
    inner join quality_periods
        on parts.source = quality_periods.source and parts.counted_on = quality_periods.counted_on
    group by parts.source, parts.code, quality_periods.grain, quality_periods.period_start
),

ranked as (
    select
        *,
        row_number() over (partition by source, grain, period_start order by rate, code) as place,
        count(*) over (partition by source, grain, period_start) as n_rates
    from rates
    where rate is not null
),

claimed as (
    select
        figures.id,
        figures.operator,
        figures.published_value,
        parts.source,
        min(parts.counted_on) as first_on,
        sum(parts.numerator)
        / case figures.measure
            when 'ratio' then nullif(sum(parts.denominator), 0)
            when 'per_day' then {{ n_days('figures.scope_from', 'figures.scope_to') }}
            else 1
        end as computed_value
    from {{ ref('published_figures') }} as figures
    inner join {{ ref('int_kpi__parts') }} as parts
        on
            figures.kpi_code = parts.code
            and parts.counted_on between figures.scope_from and figures.scope_to
    inner join {{ ref('int_source__clock') }} as clock
        on parts.source = clock.source and figures.unit_code = clock.unit_code
    where figures.measure in ('ratio', 'total', 'per_day')
    group by
        figures.id,
        figures.operator,
        figures.published_value,
        figures.measure,
        figures.scope_from,
        figures.scope_to,
        parts.source
    having
        min(parts.counted_on) <= {{ period_end(period_start('figures.scope_from', 'month'), 'month') }}
        and max(parts.counted_on) >= {{ period_start('figures.scope_to', 'month') }}
),

deviations as (
    select
        claimed.source,
        claimed.first_on,
        case
            -- "more than" is kept by every greater figure
            when claimed.operator = '>' and claimed.computed_value > claimed.published_value then 0
            else abs(claimed.computed_value - claimed.published_value) / claimed.published_value
        end as deviation
    from claimed
    where claimed.computed_value is not null
),

deviating as (
    select
        deviations.source,
        min(deviations.first_on) as first_on,
        max(deviations.deviation) as greatest_deviation,
        count(*) filter (where deviations.deviation > parameters.value) as n_deviating,
        count(*) as n_figures
    from deviations
    inner join {{ ref('kpi_parameters') }} as parameters
        on parameters.code = 'Q3' and parameters.name = 'tolerance' and parameters.valid_to is null
    group by deviations.source
),

figures as (
    select
        'Q1' as code,
        source,
        grain,
        period_start,
        numerator,
        denominator,
        rate as value,
        4 - n_rates as n_missing
    from ranked
    where place = 1
    union all
    select
        'Q3' as code,
        source,
        'all' as grain,
        first_on as period_start,
        n_deviating as numerator,
        n_figures as denominator,
        greatest_deviation as value,
        null as n_missing
    from deviating
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
    figures.n_missing
from figures
inner join {{ ref('int_source__clock') }} as clock on figures.source = clock.source
