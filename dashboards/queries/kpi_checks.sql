-- Per source: how its latest checks went; a failed blocking check counts until its batch is released.
with latest as (
    select
        source,
        suite,
        arg_max(run_id, checked_at) as run_id
    from ops.check_results
    where source is not null
    group by source, suite
),

judged as (
    select
        c.*,
        l.run_id is not null as is_latest,
        c.severity = 'blocking'
        and not c.is_success
        and c.batch_id is not null
        and c.batch_id not in (select r.batch_id from ops.releases as r) as is_holding
    from ops.check_results as c
    left join latest as l on c.source = l.source and c.suite = l.suite and c.run_id = l.run_id
    where c.source is not null
)

select
    source,
    count(*) filter (is_latest) as n_checks,
    count(*) filter (is_latest and severity = 'warning' and not is_success) as n_warnings,
    arg_min(expectation, checked_at) filter (is_holding) as holding,
    max(checked_at) as checked_at
from judged
where list_contains($sources, source)
group by source
order by source
