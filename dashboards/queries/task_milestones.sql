-- The milestones of one task.
select
    milestone_no,
    milestone_name,
    weight_pct / 100 as weight,
    due_on,
    done_on,
    is_done,
    is_late,
    evidence_url
from marts.fct_milestones
where source = $source and task_no = $task
order by milestone_no
