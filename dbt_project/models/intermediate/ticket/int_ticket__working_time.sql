-- Grain: one row per source and request of a unit whose holidays are known (seed units).
-- A wait that has not ended runs to the source's clock; as a duration it is censored.
with office as (
    select
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to,
        {% for name in ['morning_start', 'morning_end', 'afternoon_start', 'afternoon_end'] %}
            max(value) filter (where name = '{{ name }}') as {{ name }},
        {% endfor %}
        sum(case when name in ('morning_end', 'afternoon_end') then value else -value end) as hours_per_day
    from {{ ref('kpi_parameters') }}
    where code = 'F8' and unit = 'hour of day'
    group by valid_from, valid_to
),

assumed as (
    select
        value as deadline_working_days,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('kpi_parameters') }}
    where code = 'F4D' and name = 'deadline_working_days'
),

requests as (
    select
        requests.*,
        clock.time_zone,
        coalesce(requests.first_response_at, requests.as_of) as answered_or_now_at,
        coalesce(requests.resolved_at, requests.as_of) as resolved_or_now_at
    from {{ ref('int_ticket__lifecycle') }} as requests
    inner join {{ ref('int_source__clock') }} as clock on requests.source = clock.source
    where requests.jurisdiction_code in (select units.code from {{ ref('units') }} as units)
),

counted as (
    select
        requests.source,
        requests.request_id,
        requests.is_resolved,
        requests.has_history,
        requests.is_closed_before_requested,
        requests.resolved_at,
        assumed.deadline_working_days,
        office.hours_per_day,
        resolution_days.working_day_number - request_days.working_day_number as n_working_days,
        {{ working_hours_until('requests.requested_at', 'requests.time_zone', 'request_days', 'office') }}
            as requested_at_hour,
        {{
            working_hours_until(
                'requests.answered_or_now_at', 'requests.time_zone', 'response_days', 'office'
            )
        }} as answered_at_hour,
        {{
            working_hours_until(
                'requests.resolved_or_now_at', 'requests.time_zone', 'resolution_days', 'office'
            )
        }} as resolved_at_hour
    from requests
    inner join office on requests.requested_on between office.valid_from and office.valid_to
    inner join assumed on requests.requested_on between assumed.valid_from and assumed.valid_to
    inner join {{ ref('int_calendar__days') }} as request_days on requests.requested_on = request_days.day
    inner join {{ ref('int_calendar__days') }} as response_days
        on {{ local_day('requests.answered_or_now_at', 'requests.time_zone') }} = response_days.day
    inner join {{ ref('int_calendar__days') }} as resolution_days
        on {{ local_day('requests.resolved_or_now_at', 'requests.time_zone') }} = resolution_days.day
)

select
    source,
    request_id,
    case when has_history then answered_at_hour - requested_at_hour end as response_working_hours,
    case
        when not is_closed_before_requested and not (is_resolved and resolved_at is null)
            then (resolved_at_hour - requested_at_hour) / hours_per_day
    end as resolution_working_days,
    case
        when is_resolved and resolved_at is null then null
        else is_resolved and n_working_days <= deadline_working_days
    end as is_within_assumed_deadline
from counted
