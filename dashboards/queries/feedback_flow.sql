-- Per local month of one source: reports received, reports closed by day of closing, open at the month's end.
-- Spam and repetitions are left out. A report closed at an unknown time has left the backlog but belongs to no month of closing.
with tickets as (
    select
        date_trunc('month', t.requested_on) as received_month,
        date_trunc('month', timezone(s.time_zone, t.resolved_at)) as closed_month,
        t.is_resolved and t.resolved_at is null as is_closed_unknown
    from marts.fct_tickets as t
    inner join marts.dim_sources as s on t.source = s.source
    where t.source = $source and t.is_counted
),

received as (
    select
        received_month as month_start,
        count(*) as n_received,
        count(*) filter (where is_closed_unknown) as n_closed_unknown
    from tickets
    group by received_month
),

closed as (
    select
        closed_month as month_start,
        count(*) as n_closed
    from tickets
    where closed_month is not null
    group by closed_month
),

months as (
    select unnest(generate_series(min(received_month), greatest(max(received_month), max(closed_month)), interval 1 month)) as month_start
    from tickets
)

select
    cast(m.month_start as date) as month_start,
    coalesce(r.n_received, 0) as n_received,
    coalesce(c.n_closed, 0) as n_closed,
    cast(
        sum(coalesce(r.n_received, 0) - coalesce(r.n_closed_unknown, 0) - coalesce(c.n_closed, 0))
            over (order by m.month_start) as bigint
    ) as n_open
from months as m
left join received as r on m.month_start = r.month_start
left join closed as c on m.month_start = c.month_start
order by m.month_start
