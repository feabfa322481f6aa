-- Dossiers by agency, as KPI D1 counts them: resolved in the period, or open past a deadline that lies in it.
select
    coalesce(agency, '—') as agency,
    count(*) filter (where is_on_time) as n_on_time,
    count(*) filter (where is_resolved_late) as n_late,
    count(*) filter (where is_open_late) as n_open_late,
    count(*) as n_judged,
    count(*) filter (where is_on_time) / count(*) as rate
from marts.fct_dossiers
where
    list_contains($sources, source)
    and (is_resolved or is_open_late)
    and due_at is not null
    and case when is_resolved then returned_on else due_on end between $first and $last
group by all
order by rate, n_judged desc, agency
limit $limit
