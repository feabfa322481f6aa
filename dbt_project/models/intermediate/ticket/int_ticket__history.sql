-- Grain: one row per source and request that tells a history.
-- The first response is the first closing or event called so; of a source that calls none so, the first event
-- after receipt that is no rating. An event dated before the receipt is flagged and answers nothing.
with events as (
    select
        events.*,
        requests.requested_at,
        events.occurred_at < requests.requested_at and events.stage <> 'received' as is_before_receipt,
        coalesce(bool_or(events.counts_as = 'first_response') over (partition by events.source), false)
            as tells_responses,
        max(case when events.stage in ('resolved', 'closed') then events.occurred_at end) over (
            partition by events.source, events.request_id
            order by events.occurred_at asc, events.seq asc
            rows between unbounded preceding and 1 preceding
        ) as closed_before_at
    from {{ ref('stg_ticket__events') }} as events
    inner join {{ ref('stg_ticket__requests') }} as requests
        on events.source = requests.source and events.request_id = requests.request_id
),

summed as (
    select
        source,
        request_id,
        any_value(requested_at) as requested_at,
        count(*) as n_events,
        min(occurred_at) filter (
            where
            not is_before_receipt
            and case
                when tells_responses then counts_as = 'first_response' or stage in ('resolved', 'closed')
                else stage not in ('received', 'rated')
            end
        ) as first_response_at,
        max(occurred_at) as last_event_at,
        min(occurred_at) filter (where stage in ('resolved', 'closed')) as first_closed_at,
        count(*) filter (where stage = 'referred') as n_referrals,
        count(*) filter (where counts_as = 'reassigned') as n_reassignments,
        count(*) filter (where stage = 'reopened') as n_reopenings,
        max(occurred_at) filter (where stage = 'reopened') as last_reopened_at,
        min({{ hours_between('closed_before_at', 'occurred_at') }} / 24) filter (
            where stage = 'reopened'
        ) as reopened_after_days,
        {% for verdict in ['spam', 'duplicate', 'not_competent'] %}
            max(occurred_at) filter (where counts_as = '{{ verdict }}') as {{ verdict }}_at,
        {% endfor %}
        coalesce(bool_or(counts_as = 'proof'), false) as has_proof,
        coalesce(bool_or(counts_as = 'complaint'), false) as has_complaint,
        bool_or(is_out_of_order or coalesce(is_before_receipt, false)) as is_out_of_order
    from events
    group by source, request_id
)

select
    source,
    request_id,
    n_events,
    first_response_at,
    {{ hours_between('requested_at', 'first_response_at') }} as first_response_hours,
    last_event_at,
    first_closed_at,
    n_referrals,
    n_reassignments,
    n_reopenings,
    reopened_after_days,
    -- a verdict holds until the report is opened again
    {% for verdict in ['spam', 'duplicate', 'not_competent'] %}
        {{ verdict }}_at is not null
        and (last_reopened_at is null or {{ verdict }}_at > last_reopened_at) as is_{{ verdict }},
    {% endfor %}
    has_proof,
    has_complaint,
    is_out_of_order
from summed
