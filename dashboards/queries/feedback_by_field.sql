-- Reports of one source received in a period by field, neither spam nor repetitions, most reported first.
select
    coalesce(service_name, service_code) as service,
    count(*) as n_received,
    count(*) filter (where is_resolved) as n_resolved,
    count(*) filter (where not is_resolved) as n_open,
    count(*) filter (where is_overdue) as n_overdue,
    count(*) filter (where is_resolved) / count(*) as rate
from chosen_tickets
where requested_on between $first::date and $last::date
group by all
order by n_received desc, service
limit $limit
