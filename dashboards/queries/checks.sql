-- Results of the latest run of checks of each source, failures first; checks of the whole lake have no source.
with latest as (
    select
        source,
        arg_max(run_id, checked_at) as run_id
    from ops.check_results
    group by source
)

select
    c.source,
    c.slug,
    c.expectation,
    c.column_name,
    c.severity,
    c.is_success,
    c.observed,
    c.n_checked,
    c.checked_at
from ops.check_results as c
inner join latest as l on c.source is not distinct from l.source and c.run_id = l.run_id
order by c.is_success, c.severity, c.source, c.expectation, c.column_name
