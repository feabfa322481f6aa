-- Reports of one source still open at the end of each month from $first to $last, by age in working days (KPIs F10A–D).
-- n_ageless: of a unit whose holidays are not known. A report opened again counts as open since it was received; one
-- closed at an unknown time is in no stock.
with inside as (
    select
        code,
        valid_from,
        valid_to
    from marts.bridge_place_containers
    where container_code = $unit and container_valid_from = $unit_valid_from::date and is_exact
),

bounds as (
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

tickets as (
    select
        t.requested_on,
        t.resolved_on,
        d.working_day_number
    from marts.fct_tickets as t
    left join inside as i on t.counted_unit_code = i.code and t.requested_on between i.valid_from and i.valid_to
    left join known_units as k on t.jurisdiction_code = k.code
    left join marts.dim_days as d on t.requested_on = d.day and k.code is not null
    where
        t.source = $source
        and t.is_counted
        and not (t.is_resolved and t.resolved_at is null)
        and ($unit is null or i.code is not null)
        and (len($channels::varchar []) = 0 or list_contains($channels::varchar [], replace(t.channel, ',', ' ')))
        and t.requested_on <= $last::date
        and (t.resolved_on is null or t.resolved_on >= $first::date)
),

aged as (
    select
        m.month_start,
        m.end_on,
        t.requested_on is not null as is_open,
        e.working_day_number - t.working_day_number as age
    from months as m
    left join tickets as t on m.end_on >= t.requested_on and (t.resolved_on is null or m.end_on < t.resolved_on)
    left join marts.dim_days as e on m.end_on = e.day
)

select
    a.month_start,
    a.end_on,
    cast(b.young as integer) as young,
    cast(b.middle as integer) as middle,
    cast(b.old as integer) as old,
    count(*) filter (where a.age <= b.young) as n_young,
    count(*) filter (where a.age > b.young and a.age <= b.middle) as n_middle,
    count(*) filter (where a.age > b.middle and a.age <= b.old) as n_old,
    count(*) filter (where a.age > b.old) as n_oldest,
    count(*) filter (where a.is_open and a.age is null) as n_ageless,
    count(*) filter (where a.is_open) as n_open
from aged as a
cross join bounds as b
group by all
order by a.month_start
