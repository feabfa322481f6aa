-- Checks of the latest run of each suite of a source, one row per check over all batches of that run, failures first.
-- Of dbt's tests the latest run of each that the project still has: a build runs only those whose rows moved.
-- Checks of the whole lake have no source. n_checked is that of the largest batch: some checks see the whole delivery.
with latest as (
    select
        source,
        suite,
        case when suite = 'dbt' then expectation end as test,
        arg_max(run_id, checked_at) as run_id
    from ops.check_results
    where suite <> 'dbt' or expectation in (select t.test from proof.tests as t)
    group by all
)

select
    c.source,
    c.suite,
    c.expectation,
    c.column_name,
    c.severity,
    bool_and(c.is_success) as is_success,
    count(distinct c.batch_id) as n_batches,
    coalesce(
        arg_max(c.observed, c.checked_at) filter (where not c.is_success),
        arg_max(c.observed, c.checked_at)
    ) as observed,
    max(c.n_checked) as n_checked,
    max(c.checked_at) as checked_at
from ops.check_results as c
inner join latest as l
    on
        c.source is not distinct from l.source
        and c.suite = l.suite
        and c.run_id = l.run_id
        and c.expectation = coalesce(l.test, c.expectation)
group by c.source, c.suite, c.expectation, c.column_name, c.severity
order by is_success, c.severity, c.source nulls last, c.suite, c.expectation, c.column_name
