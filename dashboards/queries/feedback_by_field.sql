-- Reports of one source by field, neither spam nor repetitions, most reported first.
select
    coalesce(service_name, service_code) as service,
    count(*) as n_received,
    count(*) filter (where is_resolved) as n_resolved,
    count(*) filter (where not is_resolved) as n_open,
    count(*) filter (where is_overdue) as n_overdue,
    count(*) filter (where is_resolved) / count(*) as rate
from marts.fct_tickets
where source = $source and is_counted
group by all
order by n_received desc, service
limit $limit
