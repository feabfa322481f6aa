-- Grain: one row per published figure and source able to recompute it; one row without source when none is.
-- Verdicts: khop (agrees), lam_tron (agrees once rounded as published), mau_thuan (contradicts),
-- chua_du_du_lieu (not enough data). A claim whose implied total passes a published total that contains it
-- contradicts by arithmetic alone, whatever the data say.
with figures as (
    select
        figures.*,
        figures.published_value
        * {{ n_days('figures.scope_from', 'figures.scope_to') }} as implied_total,
        figures.published_numerator / figures.published_denominator as implied_ratio,
        bounds.published_value as bound_total
    from {{ ref('published_figures') }} as figures
    left join {{ ref('published_figures') }} as bounds
        on
            figures.bounded_by = bounds.id
            and figures.scope_from >= bounds.scope_from
            and figures.scope_to <= bounds.scope_to
),

judged_figures as (
    select
        *,
        coalesce(
            (measure = 'per_day' and implied_total > bound_total)
            or (measure = 'total' and published_value > bound_total)
            or abs(round(implied_ratio, published_decimals) - published_value) > 1e-9,
            false
        ) as is_contradicted_by_published
    from figures
),

-- totals over the claim's own days, only if the source tells of its first and its last month
kpi_totals as (
    select
        figures.id,
        days.source,
        sum(days.numerator) as numerator,
        sum(days.denominator) as denominator
    from judged_figures as figures
    inner join {{ ref('kpi_values') }} as days
        on
            figures.kpi_code = days.code
            and days.grain = 'day'
            and figures.unit_code = days.unit_code
            and days.period_start between figures.scope_from and figures.scope_to
    where figures.measure in ('ratio', 'total', 'per_day')
    group by figures.id, figures.scope_from, figures.scope_to, days.source
    having
        min(days.period_start) <= {{ period_end(period_start('figures.scope_from', 'month'), 'month') }}
        and max(days.period_start) >= {{ period_start('figures.scope_to', 'month') }}
),

kpi_weeks as (
    select
        figures.id,
        weeks.source,
        sum(weeks.numerator) as numerator,
        count(*) as denominator
    from judged_figures as figures
    inner join {{ ref('kpi_values') }} as weeks
        on
            figures.kpi_code = weeks.code
            and weeks.grain = 'week'
            and figures.unit_code = weeks.unit_code
            and not weeks.is_partial
    where figures.measure = 'per_week'
    group by figures.id, weeks.source
),

inventory as (
    select
        'servers' as measure,
        source,
        count(distinct instance) as n_found
    from {{ ref('fct_server_days') }}
    group by source
    union all
    select
        'cameras' as measure,
        source,
        count(distinct camera_id) as n_found
    from {{ ref('fct_camera_days') }}
    group by source
    union all
    select
        'feeds' as measure,
        source,
        count(distinct feed_id) as n_found
    from {{ ref('fct_article_days') }}
    group by source
),

computed as (
    select
        kpi_totals.id,
        kpi_totals.source,
        kpi_totals.numerator as computed_numerator,
        case figures.measure
            when 'ratio' then kpi_totals.denominator
            when 'per_day' then {{ n_days('figures.scope_from', 'figures.scope_to') }}
        end as computed_denominator
    from kpi_totals
    inner join judged_figures as figures on kpi_totals.id = figures.id
    union all
    select
        id,
        source,
        numerator as computed_numerator,
        denominator as computed_denominator
    from kpi_weeks
    union all
    select
        figures.id,
        inventory.source,
        inventory.n_found as computed_numerator,
        null as computed_denominator
    from inventory
    inner join {{ ref('int_source__clock') }} as clock on inventory.source = clock.source
    inner join judged_figures as figures
        on inventory.measure = figures.measure and clock.unit_code = figures.unit_code
),

compared as (
    select
        figures.*,
        computed.source,
        computed.computed_numerator,
        computed.computed_denominator,
        case
            when computed.computed_denominator is null then computed.computed_numerator
            else computed.computed_numerator / nullif(computed.computed_denominator, 0)
        end as computed_value
    from judged_figures as figures
    left join computed on figures.id = computed.id
)

select
    compared.id,
    compared.source,
    compared.claim_vi,
    compared.operator,
    compared.published_value,
    compared.published_numerator,
    compared.published_denominator,
    compared.published_decimals,
    compared.scope_from,
    compared.scope_to,
    compared.kpi_code,
    compared.measure,
    compared.unit_vi,
    cast(compared.computed_value as double) as computed_value,
    cast(compared.computed_numerator as double) as computed_numerator,
    cast(compared.computed_denominator as double) as computed_denominator,
    case when compared.measure = 'per_day' then compared.implied_total end as implied_total,
    compared.bounded_by,
    compared.bound_total,
    case
        when compared.is_contradicted_by_published then 'mau_thuan'
        when compared.computed_value is null then 'chua_du_du_lieu'
        when compared.operator = '>' and compared.computed_value > compared.published_value then 'khop'
        when
            compared.operator = '='
            and abs(compared.computed_value - compared.published_value) <= 1e-9
            then 'khop'
        when
            compared.operator in ('=', '~')
            and abs(round(compared.computed_value, compared.published_decimals) - compared.published_value)
            <= 1e-9
            then 'lam_tron'
        when
            compared.operator = '~'
            and abs(compared.computed_value - compared.published_value)
            <= compared.tolerance * compared.published_value
            then 'khop'
        else 'mau_thuan'
    end as verdict,
    compared.is_contradicted_by_published,
    compared.document,
    clock.as_of,
    clock.is_synthetic
from compared
left join {{ ref('int_source__clock') }} as clock on compared.source = clock.source
