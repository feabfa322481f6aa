-- Documents with a deadline in the period, by the unit that had to deal with them, as KPI V1 counts them.
select
    coalesce(assigned_unit, '—') as unit,
    count(*) filter (where is_on_time) as n_on_time,
    count(*) filter (where not is_on_time) as n_late,
    count(*) as n_judged,
    count(*) filter (where is_on_time) / count(*) as rate
from marts.fct_documents
where list_contains($sources, source) and direction = 'in' and is_judged and due_on between $first and $last
group by all
order by rate, n_judged desc, unit
limit $limit
