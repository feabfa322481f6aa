-- Grain: one row per source and milestone, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, task_no, milestone_no
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, task_no, milestone_no) as n_versions
    from {{ source('raw', 'task__milestones') }}
)

select
    versions.source,
    versions.task_no,
    versions.milestone_no,
    versions.milestone_name,
    versions.weight_pct,
    versions.due_on,
    versions.done_on,
    versions.evidence_url,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
