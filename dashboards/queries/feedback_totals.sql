-- What became of all reports of one source, neither spam nor repetitions.
select
    count(*) as n_received,
    count(*) filter (where is_resolved) as n_resolved,
    count(*) filter (where not is_resolved) as n_open,
    count(*) filter (where is_closed_before_requested) as n_time_order
from marts.fct_tickets
where source = $source and is_counted
