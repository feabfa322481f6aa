-- Grain: one row per source and task of the scheme, as its newest report tells of it.
select
    tasks.source,
    tasks.task_no,
    tasks.task_name,
    tasks.owner_unit,
    tasks.start_on,
    tasks.due_on,
    tasks.done_on,
    tasks.done_on is not null as is_done,
    coalesce(tasks.done_on, tasks.reported_on) > tasks.due_on as is_late,
    tasks.planned_pct,
    tasks.earned_pct,
    tasks.earned_pct / nullif(tasks.planned_pct, 0) as spi,
    tasks.budget_planned_vnd,
    tasks.budget_disbursed_vnd,
    tasks.confidence,
    tasks.evidence_url,
    tasks.reported_at,
    tasks.reported_on,
    tasks.n_versions,
    clock.unit_code as jurisdiction_code,
    clock.is_synthetic
from {{ ref('stg_task__tasks') }} as tasks
inner join {{ ref('int_source__clock') }} as clock on tasks.source = clock.source
