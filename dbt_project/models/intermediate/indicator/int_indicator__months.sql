-- Grain: one row per source, indicator, unit of measure, administrative unit and month; newest vintage.
-- Only monthly series: a plan of the year is set against the sum of its months, if none of them is missing.
-- Growth sets a month against the same one of the year before, both as known now, unless the unit's boundary
-- changed between them; indices and rates have none. Revision is last against first vintage of the month.
with series as (
    select
        series_values.*,
        coalesce({{ json_text('series_values.dimensions', 'measure') }}, '') = 'plan' as is_plan
    from {{ ref('stg_indicator__values') }} as series_values
),

actual as (
    select
        *,
        extract(year from period_start_on) as year,
        extract(month from period_start_on) as month_number,
        comparison_basis is null and coalesce(unit, '') <> '%' as is_level
    from series
    where period_grain = 'month' and not is_plan
),

vintages as (
    select
        source,
        series_id,
        period_start_on,
        max(value) filter (where nth_vintage = 1) as first_value,
        max(value) filter (where is_latest_vintage) as last_value,
        count(value) as n_vintages
    from actual
    group by source, series_id, period_start_on
),

latest as (
    select
        *,
        case when is_level then sum(value) over (
            partition by source, series_id, year
            order by period_start_on asc
            rows between unbounded preceding and current row
        ) end as value_to_date,
        count(value) over (
            partition by source, series_id, year
            order by period_start_on asc
            rows between unbounded preceding and current row
        ) as n_months_to_date
    from actual
    where is_latest_vintage
),

plans as (
    select
        source,
        indicator_code,
        unit_code,
        lower(unit) as unit_key,
        extract(year from period_start_on) as year,
        max(value) as plan_value
    from series
    where is_plan and period_grain = 'year' and is_latest_vintage
    group by source, indicator_code, unit_code, lower(unit), extract(year from period_start_on)
)

select
    latest.source,
    latest.series_id,
    latest.indicator_code,
    latest.indicator_name,
    latest.unit,
    latest.unit_code,
    latest.period_start_on as month_on,
    latest.period_end_on as month_end_on,
    latest.value,
    latest.value_status,
    latest.vintage_at,
    latest.is_level,
    case when latest.n_months_to_date = latest.month_number then latest.value_to_date end as value_to_date,
    plans.plan_value,
    case
        when latest.n_months_to_date = latest.month_number
            then latest.value_to_date / nullif(plans.plan_value, 0)
    end as share_of_plan,
    case
        when latest.is_level and abolished.code is null then latest.value / nullif(before.value, 0) - 1
    end as growth,
    vintages.first_value,
    case
        when vintages.n_vintages > 1
            then abs(vintages.last_value - vintages.first_value) / nullif(abs(vintages.first_value), 0)
    end as revision,
    vintages.n_vintages
from latest
inner join vintages
    on
        latest.source = vintages.source
        and latest.series_id = vintages.series_id
        and latest.period_start_on = vintages.period_start_on
left join latest as before
    on
        latest.source = before.source
        and latest.series_id = before.series_id
        and latest.period_start_on = before.period_start_on + interval 1 year
left join plans
    on
        latest.source = plans.source
        and latest.indicator_code = plans.indicator_code
        and latest.unit_code = plans.unit_code
        and lower(latest.unit) = plans.unit_key
        and latest.year = plans.year
left join {{ ref('units') }} as abolished
    on
        latest.unit_code = abolished.code
        and abolished.valid_to between before.period_start_on and latest.period_end_on - 1
