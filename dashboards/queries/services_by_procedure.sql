-- Procedures with late dossiers in the period, most late ones first, with their share of all late ones.
with late as (
    select
        procedure_key,
        any_value(procedure_name) as procedure_name,
        any_value(field_name) as field_name,
        count(*) filter (where is_resolved_late or is_open_late) as n_late,
        count(*) as n_judged,
        avg(working_days) as mean_working_days
    from marts.fct_dossiers
    where
        list_contains($sources, source)
        and (is_resolved or is_open_late)
        and case when is_resolved then returned_on else due_on end between $first and $last
    group by procedure_key
)

select
    *,
    sum(n_late) over (order by n_late desc, procedure_key) / sum(n_late) over () as cumulative_share
from late
where n_late > 0
order by n_late desc, procedure_key
limit $limit
