-- Grain: one row per source and request, judged as of the source's clock.
-- A request is overdue when it was closed after its deadline, or is open and the deadline has passed.
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
        *,
        case when is_resolved then closed_at end as resolved_at,
        expected_at is not null as has_deadline
    from requests
)

select
    source,
    request_id,
    jurisdiction_code,
    unit_code,
    unit_basis,
    located_code,
    located_confidence,
    service_code,
    service_name,
    agency,
    channel,
    satisfaction,
    has_photo,
    lat,
    long,
    requested_at,
    requested_on,
    updated_at,
    expected_at,
    resolved_at,
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
    n_versions,
    is_synthetic,
    as_of
from judged
