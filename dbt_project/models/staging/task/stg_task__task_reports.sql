-- Grain: one row per source, task and closing time of a report, as received last.
with versions as (
    select
        *,
        row_number() over (
            partition by source, task_no, reported_at
            order by received_at desc, record_hash asc
        ) as nth_newest
    from {{ source('raw', 'task__tasks') }}
)

select
    versions.source,
    versions.task_no,
    versions.reported_at,
    versions.planned_pct,
    versions.earned_pct,
    versions.budget_planned_vnd,
    versions.budget_disbursed_vnd,
    versions.confidence,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
