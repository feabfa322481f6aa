-- Grain: one row per source, task and milestone, as the newest report tells of it.
select
    milestones.source,
    milestones.task_no,
    milestones.milestone_no,
    milestones.milestone_name,
    milestones.weight_pct,
    milestones.due_on,
    milestones.done_on,
    milestones.done_on is not null as is_done,
    coalesce(milestones.done_on, milestones.reported_on) > milestones.due_on as is_late,
    milestones.evidence_url,
    milestones.reported_on,
    clock.unit_code as jurisdiction_code,
    clock.is_synthetic
from {{ ref('stg_task__milestones') }} as milestones
inner join {{ ref('int_source__clock') }} as clock on milestones.source = clock.source
