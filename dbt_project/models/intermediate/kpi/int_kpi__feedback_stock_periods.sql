-- Grain: one row per KPI, source, administrative unit (code and valid_from), grain and first day of the period.
-- What is open when a period ends. A report opened again counts as open since it was received, because of
-- most sources only the last closing is known. n_missing: closed at an unknown time, so in no stock.
with tickets as (
    select
        tickets.source,
        units.unit_code,
        units.unit_valid_from,
        tickets.requested_on,
        tickets.resolved_on,
        tickets.resolved_at,
        tickets.expected_at,
        tickets.is_resolved and tickets.resolved_at is null as is_end_unknown,
        tickets.has_deadline and tickets.is_within_competence as is_judged
    from {{ ref('fct_tickets') }} as tickets
    inner join {{ ref('int_ticket__units') }} as units
        on tickets.source = units.source and tickets.request_id = units.request_id
),

spans as (
    select
        tickets.source,
        clock.unit_code,
        clock.as_of,
        clock.as_of_on,
        clock.time_zone,
        min(tickets.requested_on) as first_on,
        max(tickets.requested_on) as last_on
    from {{ ref('fct_tickets') }} as tickets
    inner join {{ ref('int_source__clock') }} as clock on tickets.source = clock.source
    group by tickets.source, clock.unit_code, clock.as_of, clock.as_of_on, clock.time_zone
),

periods as (
    {{ periods_of('spans') }}
),

bounds as (
    select
        {% for name in ['young', 'middle', 'old'] %}
            max(value) filter (where name = 'max_{{ name }}_days') as {{ name }},
        {% endfor %}
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('kpi_parameters') }}
    where code = 'F10'
    group by valid_from, valid_to
),

-- the calendar holds for the province and what lies in it
known_units as (
    select distinct code
    from {{ ref('units') }}
),

-- ages are known where working days are and a rule says which ages to tell apart; the stock itself is known anyway
aged_periods as (
    select
        periods.*,
        bounds.young,
        bounds.middle,
        bounds.old,
        end_days.working_day_number as end_number,
        bounds.young is not null and end_days.day is not null as has_ages
    from periods
    left join bounds on periods.end_on between bounds.valid_from and bounds.valid_to
    left join known_units on periods.unit_code = known_units.code
    left join {{ ref('int_calendar__days') }} as end_days
        on periods.end_on = end_days.day and known_units.code is not null
),

-- every report that was open for some time in the period
present as (
    select
        periods.source,
        tickets.unit_code,
        tickets.unit_valid_from,
        periods.grain,
        periods.period_start,
        tickets.is_end_unknown,
        tickets.is_judged,
        tickets.resolved_on is null or tickets.resolved_on > periods.end_on as is_open,
        coalesce(tickets.resolved_at > tickets.expected_at and tickets.resolved_on <= periods.end_on, false)
            as is_closed_late,
        coalesce(
            tickets.expected_at < periods.end_at
            and (tickets.resolved_on is null or tickets.resolved_on > periods.end_on),
            false
        ) as is_open_late,
        periods.end_number - request_days.working_day_number as age_working_days,
        periods.young,
        periods.middle,
        periods.old
    from aged_periods as periods
    inner join tickets
        on
            periods.source = tickets.source
            and periods.end_on >= tickets.requested_on
            and (tickets.resolved_on is null or periods.period_start <= tickets.resolved_on)
    left join {{ ref('int_calendar__days') }} as request_days on tickets.requested_on = request_days.day
),

summed as (
    select
        source,
        unit_code,
        unit_valid_from,
        grain,
        period_start,
        count(*) filter (where is_judged and not is_end_unknown) as n_judged,
        count(*) filter (
            where is_judged and not is_end_unknown and (is_closed_late or is_open_late)
        ) as n_late,
        count(*) filter (where is_open and not is_end_unknown) as n_open,
        count(*) filter (where is_open and not is_end_unknown and age_working_days <= young) as n_open_a,
        count(*) filter (
            where is_open and not is_end_unknown and age_working_days > young and age_working_days <= middle
        ) as n_open_b,
        count(*) filter (
            where is_open and not is_end_unknown and age_working_days > middle and age_working_days <= old
        ) as n_open_c,
        count(*) filter (where is_open and not is_end_unknown and age_working_days > old) as n_open_d,
        count(*) filter (where is_end_unknown) as n_missing,
        count(*) filter (where not is_judged) as n_not_judged
    from present
    group by source, unit_code, unit_valid_from, grain, period_start
),

-- a unit and period without any report open or received: nothing is open
units_counted as (
    select distinct
        source,
        unit_code,
        unit_valid_from
    from tickets
),

filled as (
    select
        periods.source,
        units_counted.unit_code,
        units_counted.unit_valid_from,
        periods.grain,
        periods.period_start,
        periods.has_ages,
        coalesce(summed.n_judged, 0) as n_judged,
        coalesce(summed.n_late, 0) as n_late,
        coalesce(summed.n_open, 0) as n_open,
        {% for bucket in ['a', 'b', 'c', 'd'] %}
            coalesce(summed.n_open_{{ bucket }}, 0) as n_open_{{ bucket }},
        {% endfor %}
        coalesce(summed.n_missing, 0) as n_missing,
        coalesce(summed.n_not_judged, 0) as n_not_judged
    from aged_periods as periods
    inner join units_counted on periods.source = units_counted.source
    left join summed
        on
            periods.source = summed.source
            and units_counted.unit_code = summed.unit_code
            and units_counted.unit_valid_from = summed.unit_valid_from
            and periods.grain = summed.grain
            and periods.period_start = summed.period_start
)

select
    'F5' as code,
    source,
    unit_code,
    unit_valid_from,
    grain,
    period_start,
    n_judged - n_late as numerator,
    n_judged as denominator,
    (n_judged - n_late) / nullif(n_judged, 0) as value,
    cast(null as double) as value_low,
    cast(null as double) as value_high,
    n_missing + n_not_judged as n_missing
from filled
where
    source in (
        select tickets.source
        from tickets
        where tickets.is_judged
    )
union all
select
    'F10' as code,
    source,
    unit_code,
    unit_valid_from,
    grain,
    period_start,
    n_open as numerator,
    null as denominator,
    n_open as value,
    null as value_low,
    null as value_high,
    n_missing
from filled
{% for bucket in ['A', 'B', 'C', 'D'] %}
    union all
    select
        'F10{{ bucket }}' as code,
        source,
        unit_code,
        unit_valid_from,
        grain,
        period_start,
        n_open_{{ bucket | lower }} as numerator,
        null as denominator,
        n_open_{{ bucket | lower }} as value,
        null as value_low,
        null as value_high,
        n_missing
    from filled
    where has_ages
{% endfor %}
