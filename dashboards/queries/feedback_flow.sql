-- Per day, week or month ($grain) of a period of one source: reports received, and reports closed by day of closing.
-- Spam and repetitions are left out. A report closed at an unknown time belongs to no day of closing.
with inside as (
    select
        code,
        valid_from,
        valid_to
    from marts.bridge_place_containers
    where container_code = $unit and container_valid_from = $unit_valid_from::date and is_exact
),

tickets as (
    select t.*
    from marts.fct_tickets as t
    left join inside as i on t.counted_unit_code = i.code and t.requested_on between i.valid_from and i.valid_to
    where
        t.source = $source
        and t.is_counted
        and ($unit is null or i.code is not null)
        and (len($channels::varchar []) = 0 or list_contains($channels::varchar [], replace(t.channel, ',', ' ')))
),

received as (
    select
        date_trunc($grain, requested_on) as starts_on,
        count(*) as n_received
    from tickets
    where requested_on between $first::date and $last::date
    group by starts_on
),

closed as (
    select
        date_trunc($grain, resolved_on) as starts_on,
        count(*) as n_closed
    from tickets
    where resolved_on between $first::date and $last::date
    group by starts_on
),

steps as (
    select distinct date_trunc($grain, cast(day as date)) as starts_on
    from generate_series($first::date, $last::date, interval 1 day) as days (day)
    where day >= (select min(requested_on) from marts.fct_tickets where source = $source and is_counted)
)

select
    cast(s.starts_on as date) as starts_on,
    coalesce(r.n_received, 0) as n_received,
    coalesce(c.n_closed, 0) as n_closed
from steps as s
left join received as r on s.starts_on = r.starts_on
left join closed as c on s.starts_on = c.starts_on
order by s.starts_on
