-- Reports of one source still open at the end of each month from $first to $last, by age in working days (KPIs F10A–D).
-- n_ageless: of a unit whose holidays are not known. A report opened again counts as open since it was received; one
-- closed at an unknown time is in no stock.
with bounds as (
    select
        max(value) filter (where name = 'max_young_days') as young,
        max(value) filter (where name = 'max_middle_days') as middle,
        max(value) filter (where name = 'max_old_days') as old
    from seeds.kpi_parameters
    where code = 'F10' and $last::date between valid_from and coalesce(valid_to, date '9999-12-31')
),

months as (
    select
        cast(starts_at as date) as month_start,
        least(last_day(starts_at), $last::date) as end_on
    from generate_series(date_trunc('month', $first::date), $last::date, interval 1 month) as m (starts_at)
    where last_day(starts_at) >= (select min(requested_on) from marts.fct_tickets where source = $source and is_counted)
),

-- the calendar holds for the province and what lies in it
known_units as (
    select distinct code
    from seeds.units
),

-- days, not reports, are set against the months
waits as (
    select
        t.requested_on,
        t.resolved_on,
        k.code is not null as has_calendar,
        count(*) as n_tickets
    from chosen_tickets as t
    left join known_units as k on t.jurisdiction_code = k.code
    where
        not (t.is_resolved and t.resolved_at is null)
        and t.requested_on <= $last::date
        and (t.resolved_on is null or t.resolved_on >= $first::date)
    group by t.requested_on, t.resolved_on, has_calendar
),

aged as (
    select
        m.month_start,
        m.end_on,
        coalesce(w.n_tickets, 0) as n_tickets,
        case when w.has_calendar then e.working_day_number - d.working_day_number end as age
    from months as m
    left join waits as w on m.end_on >= w.requested_on and (w.resolved_on is null or m.end_on < w.resolved_on)
    left join marts.dim_days as d on w.requested_on = d.day
    left join marts.dim_days as e on m.end_on = e.day
)

select
    a.month_start,
    a.end_on,
    cast(b.young as integer) as young,
    cast(b.middle as integer) as middle,
    cast(b.old as integer) as old,
    cast(coalesce(sum(a.n_tickets) filter (where a.age <= b.young), 0) as bigint) as n_young,
    cast(coalesce(sum(a.n_tickets) filter (where a.age > b.young and a.age <= b.middle), 0) as bigint) as n_middle,
    cast(coalesce(sum(a.n_tickets) filter (where a.age > b.middle and a.age <= b.old), 0) as bigint) as n_old,
    cast(coalesce(sum(a.n_tickets) filter (where a.age > b.old), 0) as bigint) as n_oldest,
    cast(coalesce(sum(a.n_tickets) filter (where a.age is null or b.old is null), 0) as bigint) as n_ageless,
    cast(sum(a.n_tickets) as bigint) as n_open
from aged as a
cross join bounds as b
group by all
order by a.month_start
