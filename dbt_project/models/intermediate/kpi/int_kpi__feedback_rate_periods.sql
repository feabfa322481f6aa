-- Grain: one row per KPI, source, administrative unit (code and valid_from), grain and first day of the period.
-- F7: satisfied among rated reports closed in the period; no value below the least number of ratings.
-- F14: reports received per 1,000 residents of the newest year known.
with tickets as (
    select
        tickets.source,
        units.unit_code,
        units.unit_valid_from,
        tickets.requested_on,
        coalesce({{ local_day('tickets.first_closed_at', 'clock.time_zone') }}, tickets.resolved_on)
            as closed_on,
        tickets.satisfaction,
        tickets.is_satisfied
    from {{ ref('fct_tickets') }} as tickets
    inner join {{ ref('int_ticket__units') }} as units
        on tickets.source = units.source and tickets.request_id = units.request_id
    inner join {{ ref('int_source__clock') }} as clock on tickets.source = clock.source
),

spans as (
    select
        source,
        min(requested_on) as first_on
    from {{ ref('fct_tickets') }}
    group by source
),

ratings as (
    select
        tickets.source,
        tickets.unit_code,
        tickets.unit_valid_from,
        grains.grain,
        {{ start_of_grain('tickets.closed_on', 'grains.grain', 'spans.first_on') }} as period_start,
        max(tickets.closed_on) as last_on,
        count(*) filter (where tickets.is_satisfied) as n_satisfied,
        count(tickets.is_satisfied) as n_rated,
        count(*) - count(tickets.is_satisfied) as n_missing
    from tickets
    inner join spans on tickets.source = spans.source
    cross join {{ grains() }}
    where
        tickets.closed_on is not null
        and tickets.source in (
            select told.source
            from tickets as told
            where told.satisfaction is not null
        )
    group by 1, 2, 3, 4, 5
),

rated as (
    select
        ratings.*,
        ratings.n_rated >= least_n.value as is_enough
    from ratings
    inner join {{ ref('kpi_parameters') }} as least_n
        on
            least_n.code = 'F7'
            and least_n.name = 'min_ratings'
            and ratings.last_on >= least_n.valid_from
            and (least_n.valid_to is null or ratings.last_on <= least_n.valid_to)
),

received as (
    select
        tickets.source,
        tickets.unit_code,
        tickets.unit_valid_from,
        grains.grain,
        {{ start_of_grain('tickets.requested_on', 'grains.grain', 'spans.first_on') }} as period_start,
        max(tickets.requested_on) as last_on,
        count(*) as n_received
    from tickets
    inner join spans on tickets.source = spans.source
    cross join {{ grains() }}
    group by 1, 2, 3, 4, 5
),

residents as (
    select
        received.*,
        populations.population,
        row_number() over (
            partition by
                received.source, received.unit_code, received.unit_valid_from, received.grain, received.period_start
            order by populations.year desc
        ) as nth_newest
    from received
    inner join {{ ref('populations') }} as populations
        on
            received.unit_code = populations.unit_code
            and received.unit_valid_from = populations.unit_valid_from
            and populations.year <= extract(year from received.last_on)
)

select
    'F7' as code,
    source,
    unit_code,
    unit_valid_from,
    grain,
    period_start,
    n_satisfied as numerator,
    n_rated as denominator,
    case when is_enough then n_satisfied / n_rated end as value,
    case when is_enough then {{ wilson('n_satisfied', 'n_rated', '-') }} end as value_low,
    case when is_enough then {{ wilson('n_satisfied', 'n_rated', '+') }} end as value_high,
    n_missing
from rated
union all
select
    'F14' as code,
    source,
    unit_code,
    unit_valid_from,
    grain,
    period_start,
    n_received as numerator,
    population / 1000 as denominator,
    n_received / (population / 1000) as value,
    null as value_low,
    null as value_high,
    null as n_missing
from residents
where nth_newest = 1
