-- The tasks of the scheme as their newest report tells of them.
select
    source,
    task_no,
    task_name,
    owner_unit,
    start_on,
    due_on,
    done_on,
    is_done,
    is_late,
    planned_pct / 100 as planned,
    earned_pct / 100 as earned,
    budget_planned_vnd,
    budget_disbursed_vnd,
    budget_disbursed_vnd / nullif(budget_planned_vnd, 0) as disbursed,
    confidence,
    evidence_url,
    reported_on
from marts.fct_tasks
where list_contains($sources, source)
order by source, task_no
