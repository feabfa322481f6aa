-- Grain: one row per KPI, source, jurisdiction, grain and first day of the period.
-- Indicators have units of their own and cannot be summed: E1, E2 and E5 are the median over indicators, E6
-- is the greatest difference. E1 and E4 stand at the last month told of in the period.
with months as (
    select *
    from {{ ref('fct_indicator_months') }}
    where unit_code = jurisdiction_code
),

spans as (
    select
        source,
        min(month_on) as first_on
    from {{ ref('fct_indicator_months') }}
    group by source
),

by_period as (
    select
        months.*,
        grains.grain,
        {{ start_of_grain('months.month_on', 'grains.grain', 'spans.first_on') }} as period_start
    from months
    inner join spans on months.source = spans.source
    cross join {{ grains() }}
    where grains.grain <> 'week'
),

ranked as (
    select
        *,
        {{ period_start('month_on', 'year') }} as year_on,
        row_number() over (
            partition by source, grain, period_start, series_id
            order by month_on desc
        ) as nth_last
    from by_period
    where plan_value is not null
),

plans as (
    select
        ranked.*,
        -- the pace that a plan without a seasonal profile asks for
        {{ n_days('ranked.year_on', 'ranked.month_end_on') }}
        / {{ n_days('ranked.year_on', period_end('ranked.year_on', 'year')) }} as share_of_year,
        roles.kpi_code
    from ranked
    left join {{ ref('indicator_roles') }} as roles on lower(ranked.indicator_name) like roles.name_like
    where ranked.nth_last = 1
),

balances as (
    select
        balances.source,
        balances.jurisdiction_code,
        balances.is_complete,
        balances.difference,
        tolerances.value as tolerance,
        grains.grain,
        {{ start_of_grain('balances.month_on', 'grains.grain', 'spans.first_on') }} as period_start
    from {{ ref('fct_indicator_balances') }} as balances
    inner join spans on balances.source = spans.source
    inner join {{ ref('kpi_parameters') }} as tolerances
        on
            tolerances.code = 'E6'
            and tolerances.name = 'tolerance'
            and balances.month_on >= tolerances.valid_from
            and (tolerances.valid_to is null or balances.month_on <= tolerances.valid_to)
    cross join {{ grains() }}
    where grains.grain <> 'week'
)

select
    'E1' as code,
    source,
    jurisdiction_code as unit_code,
    grain,
    period_start,
    cast(count(*) filter (where share_of_plan >= share_of_year) as double) as numerator,
    cast(count(share_of_plan) as double) as denominator,
    median(share_of_plan) as value,
    cast(null as double) as value_low,
    cast(null as double) as value_high,
    cast(count(*) - count(share_of_plan) as double) as n_missing
from plans
group by source, jurisdiction_code, grain, period_start
union all
select
    'E2' as code,
    source,
    jurisdiction_code as unit_code,
    grain,
    period_start,
    count(*) filter (where growth > 0) as numerator,
    count(growth) as denominator,
    median(growth) as value,
    null as value_low,
    null as value_high,
    count(*) - count(growth) as n_missing
from by_period
where is_level and grain = 'month'
group by source, jurisdiction_code, grain, period_start
union all
select
    'E4' as code,
    source,
    jurisdiction_code as unit_code,
    grain,
    period_start,
    sum(value_to_date) as numerator,
    sum(plan_value) filter (where value_to_date is not null) as denominator,
    sum(value_to_date) / nullif(sum(plan_value) filter (where value_to_date is not null), 0) as value,
    null as value_low,
    null as value_high,
    count(*) - count(value_to_date) as n_missing
from plans
where kpi_code = 'E4'
group by source, jurisdiction_code, grain, period_start
having count(value_to_date) > 0
union all
select
    'E5' as code,
    source,
    jurisdiction_code as unit_code,
    grain,
    period_start,
    count(*) filter (where revision > 0) as numerator,
    count(revision) as denominator,
    median(revision) as value,
    null as value_low,
    null as value_high,
    count(*) - count(revision) as n_missing
from by_period
group by source, jurisdiction_code, grain, period_start
union all
select
    'E6' as code,
    source,
    jurisdiction_code as unit_code,
    grain,
    period_start,
    count(*) filter (where is_complete and difference <= tolerance) as numerator,
    count(*) filter (where is_complete and difference is not null) as denominator,
    max(difference) filter (where is_complete) as value,
    null as value_low,
    null as value_high,
    count(*) - count(*) filter (where is_complete and difference is not null) as n_missing
from balances
group by source, jurisdiction_code, grain, period_start
