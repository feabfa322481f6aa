-- Grain: one row per KPI, source, administrative unit (code and valid_from), grain and first day of the period of
-- receipt.
-- How long reports wait, by Kaplan and Meier's product-limit estimator (JASA 53, 1958, 457-481): a report
-- still waiting is censored at the source's clock. A quantile is the first wait by which that share ended;
-- null while the curve has not come down so far.
with waits as (
    select
        'F8' as code,
        source,
        request_id,
        response_working_hours as duration,
        first_response_at is not null as has_ended
    from {{ ref('fct_tickets') }}
    where is_counted and has_history and response_working_hours is not null
    union all
    select
        'F9' as code,
        source,
        request_id,
        resolution_working_days as duration,
        is_resolved as has_ended
    from {{ ref('fct_tickets') }}
    where is_counted and jurisdiction_code in (select units.code from {{ ref('units') }} as units)
    union all
    select
        'F9C' as code,
        source,
        request_id,
        case when is_resolved then resolution_hours else {{ hours_between('requested_at', 'as_of') }} end / 24
            as duration,
        is_resolved as has_ended
    from {{ ref('fct_tickets') }}
    where is_counted
),

spans as (
    select
        source,
        min(requested_on) as first_on
    from {{ ref('fct_tickets') }}
    group by source
),

cohorts as (
    select
        waits.code,
        waits.source,
        units.unit_code,
        units.unit_valid_from,
        grains.grain,
        {{ start_of_grain('tickets.requested_on', 'grains.grain', 'spans.first_on') }} as period_start,
        waits.duration,
        waits.has_ended
    from waits
    inner join {{ ref('fct_tickets') }} as tickets
        on waits.source = tickets.source and waits.request_id = tickets.request_id
    inner join {{ ref('int_ticket__units') }} as units
        on waits.source = units.source and waits.request_id = units.request_id
    inner join spans on waits.source = spans.source
    cross join {{ grains() }}
),

sizes as (
    select
        code,
        source,
        unit_code,
        unit_valid_from,
        grain,
        period_start,
        count(*) filter (where has_ended and duration is not null) as n_ended,
        count(duration) as n_known,
        count(*) - count(duration) as n_missing
    from cohorts
    group by code, source, unit_code, unit_valid_from, grain, period_start
),

steps as (
    select
        code,
        source,
        unit_code,
        unit_valid_from,
        grain,
        period_start,
        duration,
        count(*) filter (where has_ended) as n_ended,
        count(*) as n_left
    from cohorts
    where duration is not null
    group by code, source, unit_code, unit_valid_from, grain, period_start, duration
),

at_risk as (
    select
        *,
        sum(n_left) over (
            partition by code, source, unit_code, unit_valid_from, grain, period_start
            order by duration desc
            rows between unbounded preceding and current row
        ) as n_at_risk
    from steps
),

-- product of (1 - ended / at risk) as a sum of logarithms, which every engine has; at ln(0) all have ended
curve as (
    select
        code,
        source,
        unit_code,
        unit_valid_from,
        grain,
        period_start,
        duration,
        n_ended,
        case
            when
                min(n_at_risk - n_ended) over (
                    partition by code, source, unit_code, unit_valid_from, grain, period_start
                    order by duration asc
                    rows between unbounded preceding and current row
                ) = 0
                then 0
            else exp(
                sum(case when n_at_risk > n_ended then ln((n_at_risk - n_ended) / n_at_risk) end) over (
                    partition by code, source, unit_code, unit_valid_from, grain, period_start
                    order by duration asc
                    rows between unbounded preceding and current row
                )
            )
        end as share_waiting
    from at_risk
),

quantiles as (
    select
        code,
        source,
        unit_code,
        unit_valid_from,
        grain,
        period_start,
        -- a billionth for the rounding of logarithms: 1/2 is a half
        min(duration) filter (where n_ended > 0 and share_waiting <= 0.5 + 1e-9) as p50,
        min(duration) filter (where n_ended > 0 and share_waiting <= 0.1 + 1e-9) as p90
    from curve
    group by code, source, unit_code, unit_valid_from, grain, period_start
)

{% for percent in [50, 90] %}
    select
        {% if percent == 50 %}
            sizes.code,
        {% else %}
            case sizes.code when 'F8' then 'F8P90' when 'F9' then 'F9P90' when 'F9C' then 'F9CP90' end as code,
        {% endif %}
        sizes.source,
        sizes.unit_code,
        sizes.unit_valid_from,
        sizes.grain,
        sizes.period_start,
        sizes.n_ended as numerator,
        sizes.n_known as denominator,
        quantiles.p{{ percent }} as value,
        cast(null as double) as value_low,
        cast(null as double) as value_high,
        sizes.n_missing
    from sizes
    left join quantiles
        on
            sizes.code = quantiles.code
            and sizes.source = quantiles.source
            and sizes.unit_code = quantiles.unit_code
            and sizes.unit_valid_from = quantiles.unit_valid_from
            and sizes.grain = quantiles.grain
            and sizes.period_start = quantiles.period_start
    {% if not loop.last %}union all{% endif %}
{% endfor %}
