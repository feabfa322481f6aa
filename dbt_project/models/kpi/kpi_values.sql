-- Grain: one row per KPI, grain, first day of the period, administrative unit (code and valid_from) and source.
-- Additive parts are rolled up: a rate is sum over sum, and null when there is nothing to divide by. A unit is a
-- territory: its figure counts what happened inside it on any day, before it existed too, if known exactly.
{% set grains = ['day', 'week', 'month', 'quarter', 'year'] %}
-- Sums are of decimals: those of floating point depend on the order in which they are added.
with parts as (
    select * from {{ ref('int_kpi__parts') }}
),

units as (
    select * from {{ ref('int_source__units') }}
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

days as (
    select
        parts.code,
        parts.source,
        parts.counted_on,
        units.unit_code,
        units.unit_valid_from,
        units.unit_level,
        sum(cast(parts.numerator as decimal(38, 12))) as numerator,
        sum(cast(parts.numerator_high as decimal(38, 12))) as numerator_high,
        sum(cast(parts.denominator as decimal(38, 12))) as denominator,
        sum(cast(parts.n_missing as decimal(38, 12))) as n_missing
    from parts
    inner join units
        on
            parts.source = units.source
            and (parts.unit_code = units.told_code or units.unit_level = 'jurisdiction')
            and parts.counted_on between units.told_from and units.told_to
    group by
        parts.code,
        parts.source,
        parts.counted_on,
        units.unit_code,
        units.unit_valid_from,
        units.unit_level
),

days_in_periods as (
    {% for grain in grains %}
        select
            *,
            '{{ grain }}' as grain,
            {{ period_start('counted_on', grain) }} as period_start
        from days
        union all
    {% endfor %}
    select
        days.*,
        'all' as grain,
        spans.first_on as period_start
    from days
    inner join spans on days.code = spans.code and days.source = spans.source
),

sums as (
    select
        code,
        source,
        unit_code,
        unit_valid_from,
        unit_level,
        grain,
        period_start,
        cast(sum(numerator) as double) as numerator,
        cast(sum(numerator_high) as double) as numerator_high,
        cast(sum(denominator) as double) as denominator,
        cast(sum(n_missing) as double) as n_missing
    from days_in_periods
    group by code, source, unit_code, unit_valid_from, unit_level, grain, period_start
),

-- levels at which a source tells the units of a KPI
told_levels as (
    select distinct
        code,
        source,
        unit_level
    from days
),

-- the days on which units of the time make up the territory of a unit
unit_spans as (
    select
        spans.code,
        spans.source,
        units.unit_code,
        units.unit_valid_from,
        greatest(spans.first_on, min(units.told_from)) as first_on,
        least(spans.last_on, max(units.told_to)) as last_on,
        least(spans.complete_until, max(units.told_to)) as complete_until,
        spans.first_on as source_first_on,
        spans.last_on as source_last_on
    from spans
    inner join told_levels on spans.code = told_levels.code and spans.source = told_levels.source
    inner join units
        on
            spans.source = units.source
            and told_levels.unit_level = units.unit_level
            and spans.first_on <= units.told_to
            and spans.last_on >= units.told_from
    group by
        spans.code,
        spans.source,
        units.unit_code,
        units.unit_valid_from,
        spans.first_on,
        spans.last_on,
        spans.complete_until
),

-- the periods of which a source speaks
told_periods as (
    select
        sums.*,
        case sums.grain
            {% for grain in grains %}
                when '{{ grain }}' then {{ period_end('sums.period_start', grain) }}
            {% endfor %}
            else spans.last_on
        end as period_end
    from sums
    inner join spans on sums.code = spans.code and sums.source = spans.source
    where sums.unit_level = 'jurisdiction'
),

-- in which a unit without an event counts zero
rolled_up as (
    select
        told.code,
        told.grain,
        told.period_start,
        told.period_end,
        spans.unit_code,
        spans.unit_valid_from,
        told.source,
        coalesce(sums.numerator, case when told.numerator is not null then 0 end) as numerator,
        coalesce(sums.numerator_high, case when told.numerator_high is not null then 0 end) as numerator_high,
        coalesce(sums.denominator, case when told.denominator is not null then 0 end) as denominator,
        coalesce(sums.n_missing, case when told.n_missing is not null then 0 end) as n_missing,
        case
            when told.grain = 'all'
                then spans.first_on > spans.source_first_on or spans.last_on < spans.source_last_on
            else told.period_start < spans.first_on or told.period_end > spans.complete_until
        end as is_partial
    from told_periods as told
    inner join unit_spans as spans
        on
            told.code = spans.code
            and told.source = spans.source
            and told.period_end >= spans.first_on
            and told.period_start <= spans.last_on
    left join sums
        on
            told.code = sums.code
            and told.source = sums.source
            and told.grain = sums.grain
            and told.period_start = sums.period_start
            and spans.unit_code = sums.unit_code
            and spans.unit_valid_from = sums.unit_valid_from
),

counted_periods as (
    select
        periods.*,
        clock.as_of_on,
        case periods.grain
            {% for grain in grains %}
                when '{{ grain }}' then {{ period_end('periods.period_start', grain) }}
            {% endfor %}
            else clock.as_of_on
        end as period_end,
        min(periods.period_start) over (partition by periods.code, periods.source) as first_on
    from {{ ref('int_kpi__periods') }} as periods
    inner join {{ ref('int_source__clock') }} as clock on periods.source = clock.source
),

-- the days told of each unit
unit_days as (
    select
        source,
        unit_code,
        unit_valid_from,
        unit_level,
        min(told_from) as told_from,
        max(told_to) as told_to
    from units
    group by source, unit_code, unit_valid_from, unit_level
),

-- without unit_valid_from a figure is the jurisdiction's
placed_periods as (
    select
        periods.code,
        periods.source,
        periods.unit_code,
        periods.grain,
        periods.period_start,
        periods.period_end,
        periods.numerator,
        periods.denominator,
        periods.value,
        periods.value_low,
        periods.value_high,
        periods.n_missing,
        periods.as_of_on,
        periods.first_on,
        units.unit_valid_from,
        units.told_from,
        units.told_to
    from counted_periods as periods
    inner join unit_days as units
        on
            periods.source = units.source
            and periods.unit_code = units.unit_code
            and (
                periods.unit_valid_from = units.unit_valid_from
                or (periods.unit_valid_from is null and units.unit_level = 'jurisdiction')
            )
            and periods.period_start <= units.told_to
            and periods.period_end >= units.told_from
),

figures as (
    select
        code,
        grain,
        period_start,
        period_end,
        unit_code,
        unit_valid_from,
        source,
        numerator,
        denominator,
        -- a KPI without denominator is a count
        case
            when denominator is null then numerator
            else numerator / nullif(denominator, 0)
        end as value,
        case when numerator_high is not null then numerator / nullif(denominator, 0) end as value_low,
        numerator_high / nullif(denominator, 0) as value_high,
        n_missing,
        is_partial,
        true as is_additive
    from rolled_up
    union all
    select
        code,
        grain,
        period_start,
        period_end,
        unit_code,
        unit_valid_from,
        source,
        numerator,
        denominator,
        value,
        value_low,
        value_high,
        n_missing,
        case
            when grain = 'all' then told_from > first_on or told_to < as_of_on
            else period_start < greatest(first_on, told_from) or period_end >= least(as_of_on, told_to + 1)
        end as is_partial,
        false as is_additive
    from placed_periods
),

rates_of_cases as (
    select distinct code
    from {{ ref('kpi_definitions') }}
    where interval_kind = 'wilson'
)

select
    figures.code,
    figures.grain,
    figures.period_start,
    figures.period_end,
    figures.unit_code,
    figures.unit_valid_from,
    figures.source,
    figures.numerator,
    figures.denominator,
    figures.value,
    figures.value_low,
    figures.value_high,
    case
        when rates_of_cases.code is not null then {{ wilson('figures.numerator', 'figures.denominator', '-') }}
    end as ci_low,
    case
        when rates_of_cases.code is not null then {{ wilson('figures.numerator', 'figures.denominator', '+') }}
    end as ci_high,
    figures.n_missing,
    figures.is_partial,
    figures.is_additive,
    clock.as_of,
    clock.is_synthetic
from figures
inner join {{ ref('int_source__clock') }} as clock on figures.source = clock.source
left join rates_of_cases on figures.code = rates_of_cases.code
