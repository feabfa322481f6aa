-- Per day, week or month ($grain) of a period of one source: reports received, and reports closed by day of closing.
-- Spam and repetitions are left out. A report closed at an unknown time belongs to no day of closing.
with received as (
    select
        date_trunc($grain, requested_on) as starts_on,
        count(*) as n_received
    from chosen_tickets
    where requested_on between $first::date and $last::date
    group by starts_on
),

closed as (
    select
        date_trunc($grain, resolved_on) as starts_on,
        count(*) as n_closed
    from chosen_tickets
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
