-- Reports of one source received in a period, the longest overdue first, then the newest; nothing personal is in them.
-- $state: all, open or overdue. n_all is how many there are beyond the limit.
with units as (
    select
        code,
        name_vi,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from marts.dim_places
),

tickets as (
    select
        t.source,
        t.request_id,
        coalesce(t.service_name, t.service_code) as service,
        t.counted_unit_code,
        t.channel,
        t.agency,
        t.requested_on,
        t.requested_at,
        t.expected_at,
        t.resolved_at,
        t.is_resolved,
        t.is_overdue,
        case when t.is_overdue then cast(epoch(coalesce(t.resolved_at, t.as_of)) - epoch(t.expected_at) as bigint) end as overdue_s,
        t.is_closed_before_requested,
        t.n_reopenings
    from chosen_tickets as t
    where
        t.requested_on between $first::date and $last::date
        and ($service is null or coalesce(t.service_name, t.service_code) = $service)
        and case $state when 'open' then not t.is_resolved when 'overdue' then t.is_overdue else true end
),

listed as (
    select *
    from tickets
    order by overdue_s desc nulls last, requested_at desc, request_id
    limit $limit
)

select
    t.source,
    t.request_id,
    t.service,
    u.name_vi as unit_name,
    t.channel,
    t.agency,
    t.requested_at,
    t.expected_at,
    t.resolved_at,
    t.is_resolved,
    t.is_overdue,
    t.overdue_s,
    t.is_closed_before_requested,
    t.n_reopenings,
    (select count(*) from tickets) as n_all
from listed as t
left join units as u on t.counted_unit_code = u.code and t.requested_on between u.valid_from and u.valid_to
order by t.overdue_s desc nulls last, t.requested_at desc, t.request_id
