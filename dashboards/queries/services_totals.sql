-- Dossiers of a period: filed in it, resolved in it, and open past their deadline by the newest report.
select
    count(*) filter (where filed_on between $first and $last) as n_filed,
    count(*) filter (where is_resolved and returned_on between $first and $last) as n_resolved,
    count(*) filter (where is_on_time and returned_on between $first and $last) as n_on_time,
    count(*) filter (where is_open_late and due_on <= $last) as n_open_late,
    max(reported_at) as reported_at
from marts.fct_dossiers
where list_contains($sources, source)
