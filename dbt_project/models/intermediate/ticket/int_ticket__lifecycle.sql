-- Grain: one row per source and request, judged as of the source's clock.
-- A request is overdue when it was closed after its deadline, or is open and the deadline has passed.
-- A duplicate is one that its handler called so, or that names a report received before it: of two reports
-- that name each other the earlier one stays, so no chain of duplicates loses the report it repeats.
with requests as (
    select
        requests.*,
        clock.as_of,
        clock.unit_code as jurisdiction_code,
        clock.is_synthetic,
        requests.status = 'closed'
        and (requests.closed_at is null or requests.closed_at <= clock.as_of) as is_resolved
    from {{ ref('stg_ticket__requests') }} as requests
    inner join {{ ref('int_source__clock') }} as clock on requests.source = clock.source
),

judged as (
    select
        requests.*,
        case when requests.is_resolved then requests.closed_at end as resolved_at,
        requests.expected_at is not null as has_deadline,
        coalesce(history.is_spam, false) as is_spam,
        coalesce(history.is_duplicate, false) or repeated.request_id is not null as is_duplicate,
        not coalesce(history.is_not_competent, false) as is_within_competence,
        history.request_id is not null as has_history,
        history.first_response_at,
        history.first_closed_at,
        history.n_referrals,
        history.n_reassignments,
        history.n_reopenings,
        history.reopened_after_days,
        history.has_proof,
        history.has_complaint,
        ratings.is_satisfied,
        ratings.is_dissatisfied,
        coalesce(lies_in.code, requests.jurisdiction_code) as counted_unit_code
    from requests
    left join {{ ref('int_ticket__history') }} as history
        on requests.source = history.source and requests.request_id = history.request_id
    left join {{ ref('stg_ticket__requests') }} as repeated
        on
            requests.source = repeated.source
            and requests.duplicate_of = repeated.request_id
            and (repeated.requested_at, repeated.request_id) < (requests.requested_at, requests.request_id)
    left join {{ ref('rating_levels') }} as ratings on requests.satisfaction = ratings.code
    left join {{ ref('int_place__ancestors') }} as lies_in
        on
            requests.unit_code = lies_in.code
            and requests.jurisdiction_code = lies_in.ancestor_code
            and requests.requested_on between lies_in.valid_from and lies_in.valid_to
)

select
    source,
    request_id,
    jurisdiction_code,
    unit_code,
    counted_unit_code,
    service_code,
    service_name,
    agency,
    channel,
    satisfaction,
    is_satisfied,
    is_dissatisfied,
    has_photo,
    lat,
    long,
    requested_at,
    requested_on,
    updated_at,
    expected_at,
    resolved_at,
    case when resolved_at is not null then closed_on end as resolved_on,
    is_resolved,
    has_deadline,
    -- closed at an unknown time: neither on time nor late is known
    case
        when expected_at is null then false
        when is_resolved then resolved_at > expected_at
        else expected_at < as_of
    end as is_overdue,
    case
        when expected_at is null then false
        when is_resolved then resolved_at <= expected_at
        else false
    end as is_on_time,
    is_closed_before_requested,
    case
        when not is_closed_before_requested then {{ hours_between('requested_at', 'resolved_at') }}
    end as resolution_hours,
    duplicate_of,
    is_spam,
    is_duplicate,
    not is_spam and not is_duplicate as is_counted,
    is_within_competence,
    has_history,
    first_response_at,
    first_closed_at,
    n_referrals,
    n_reassignments,
    n_reopenings,
    reopened_after_days,
    has_proof,
    has_complaint,
    n_versions,
    is_synthetic,
    as_of
from judged
