-- Per month of receipt of one source: the share of reports closed within 1, 3, 7 and 15 days of 24 hours.
-- Only reports for which those days are over count; a share of fewer than $few is not told. Reports closed at an unknown
-- time or before they were received are left out.
with tickets as (
    select
        date_trunc('month', t.requested_on) as month_start,
        t.resolution_hours,
        (epoch(t.as_of) - epoch(t.requested_at)) / 3600 as observed_hours
    from chosen_tickets as t
    where
        t.requested_on between $first::date and $last::date
        and (not t.is_resolved or t.resolution_hours is not null)
),

counts as (
    select
        month_start,
        count(*) as n_received,
        count(*) filter (where observed_hours >= 24) as n_1,
        count(*) filter (where observed_hours >= 24 and resolution_hours <= 24) as closed_1,
        count(*) filter (where observed_hours >= 72) as n_3,
        count(*) filter (where observed_hours >= 72 and resolution_hours <= 72) as closed_3,
        count(*) filter (where observed_hours >= 168) as n_7,
        count(*) filter (where observed_hours >= 168 and resolution_hours <= 168) as closed_7,
        count(*) filter (where observed_hours >= 360) as n_15,
        count(*) filter (where observed_hours >= 360 and resolution_hours <= 360) as closed_15
    from tickets
    group by month_start
)

select
    cast(month_start as date) as month_start,
    n_received,
    case when n_1 >= $few then closed_1 / n_1 end as within_1,
    case when n_3 >= $few then closed_3 / n_3 end as within_3,
    case when n_7 >= $few then closed_7 / n_7 end as within_7,
    case when n_15 >= $few then closed_15 / n_15 end as within_15
from counts
order by month_start
