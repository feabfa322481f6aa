-- What became of the reports received in a period.
select
    count(*) as n_received,
    count(*) filter (where is_resolved) as n_resolved,
    count(*) filter (where not is_resolved) as n_open,
    count(*) filter (where is_overdue) as n_overdue,
    count(*) filter (where is_closed_before_requested) as n_time_order
from chosen_tickets
where requested_on between $first::date and $last::date
