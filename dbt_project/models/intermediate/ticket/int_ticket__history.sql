-- Grain: one row per source and request that tells a history.
-- The first response is the first event after receipt that is neither the receipt nor the citizen's rating.
-- An event dated before the receipt is flagged and answers nothing.
with events as (
    select
        events.*,
        requests.requested_at,
        events.occurred_at < requests.requested_at and events.stage <> 'received' as is_before_receipt
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
            where stage not in ('received', 'rated') and not is_before_receipt
        ) as first_response_at,
        max(occurred_at) as last_event_at,
        count(*) filter (where stage = 'referred') as n_referrals,
        count(*) filter (where stage = 'reopened') as n_reopenings,
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
    n_referrals,
    n_reopenings,
    is_out_of_order
from summed
