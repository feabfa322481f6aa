-- Grain: one row per published figure and source able to recompute it; one row without source when none is.
-- Verdicts: khop (agrees), lam_tron (agrees once rounded as published), mau_thuan (contradicts),
-- chua_du_du_lieu (not enough data). What published figures say of each other is judged by arithmetic alone, whatever
-- the data say: an implied total above a published total that contains it, a sum, a quotient, a span of time.
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
            and (figures.scope_from is null or figures.scope_from >= bounds.scope_from)
            and (figures.scope_to is null or figures.scope_to <= bounds.scope_to)
),

sums as (
    select
        figures.id,
        sum(members.published_value) as published_sum
    from {{ ref('published_figures') }} as figures
    inner join {{ ref('published_figures') }} as members
        on ' ' || figures.sum_of || ' ' like '% ' || members.id || ' %'
    group by figures.id
),

-- what published figures say of each other, without any data
compared_with_published as (
    select
        figures.*,
        case figures.measure
            when 'quotient' then figures.implied_ratio
            when 'sum' then sums.published_sum
            when 'same' then figures.bound_total
            when 'elapsed_months'
                then {{ n_days('figures.scope_from', 'figures.scope_to') }} / {{ days_per_month() }}
        end as value_by_published
    from figures
    left join sums on figures.id = sums.id
),

judged_figures as (
    select
        *,
        coalesce(
            (measure = 'per_day' and implied_total > bound_total)
            or (measure = 'total' and published_value > bound_total)
            or (measure = 'downloads' and implied_ratio > 1)
            or (
                measure in ('ratio', 'ratio_frozen', 'per_source_week')
                and abs(round(implied_ratio, published_decimals) - published_value) > 1e-9
            )
            or abs(round(value_by_published, published_decimals) - published_value)
            > coalesce(tolerance, 0) * published_value + 1e-9,
            false
        ) as is_contradicted_by_published
    from compared_with_published
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
    where figures.measure in ('per_week', 'per_source_week')
    group by figures.id, weeks.source
),

-- a store tells its downloads since the first day
newest_downloads as (
    select
        source,
        app,
        store,
        max(n_downloads) as n_downloads
    from {{ ref('stg_system__downloads') }}
    group by source, app, store
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
    union all
    select
        'pages' as measure,
        source,
        count(distinct feed_url) as n_found
    from {{ ref('stg_media__outlets') }}
    where kind = 'facebook_page'
    group by source
    union all
    select
        'staff' as measure,
        source,
        sum(coalesce(n_payroll, 0) + coalesce(n_contract, 0)) as n_found
    from {{ ref('stg_system__staff') }}
    group by source
    union all
    select
        'tasks' as measure,
        source,
        count(distinct task_no) as n_found
    from {{ ref('stg_task__tasks') }}
    group by source
    union all
    select
        'downloads' as measure,
        source,
        sum(n_downloads) as n_found
    from newest_downloads
    group by source
),

-- the state of every report at the end of the claim's last day
frozen as (
    select
        figures.id,
        tickets.source,
        count(*) filter (
            where tickets.resolved_at < {{ start_of_local_day('figures.scope_to + 1', 'clock.time_zone') }}
        ) as numerator,
        count(*) as denominator
    from judged_figures as figures
    inner join {{ ref('fct_tickets') }} as tickets
        on
            figures.unit_code = tickets.jurisdiction_code
            and tickets.requested_on between figures.scope_from and figures.scope_to
    inner join {{ ref('int_source__clock') }} as clock
        on tickets.source = clock.source and figures.scope_to <= clock.as_of_on
    where figures.measure = 'ratio_frozen' and tickets.is_counted
    group by figures.id, tickets.source
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
        kpi_weeks.id,
        kpi_weeks.source,
        kpi_weeks.numerator as computed_numerator,
        case figures.measure
            when 'per_source_week' then kpi_weeks.denominator * feeds.n_found
            else kpi_weeks.denominator
        end as computed_denominator
    from kpi_weeks
    inner join judged_figures as figures on kpi_weeks.id = figures.id
    left join inventory as feeds on kpi_weeks.source = feeds.source and feeds.measure = 'feeds'
    union all
    select
        id,
        source,
        numerator as computed_numerator,
        denominator as computed_denominator
    from frozen
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
        coalesce(
            case
                when computed.computed_denominator is null then computed.computed_numerator
                else computed.computed_numerator / nullif(computed.computed_denominator, 0)
            end,
            figures.value_by_published
        ) as computed_value
    from judged_figures as figures
    left join computed on figures.id = computed.id
)

select
    compared.id,
    compared.source,
    compared.claim_vi,
    compared.claim_en,
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
        when compared.operator = '>=' and compared.computed_value >= compared.published_value then 'khop'
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
    compared.caveat_vi,
    compared.caveat_en,
    compared.document,
    clock.as_of,
    clock.is_synthetic
from compared
left join {{ ref('int_source__clock') }} as clock on compared.source = clock.source
