-- Tests that stand over a figure: those of the models of its lineage, and the checks of its source, failures first.
with ran as (
    select *
    from ops.check_results
    qualify row_number() over (partition by suite, source, expectation, column_name order by checked_at desc) = 1
)

select
    t.model as place,
    t.test as expectation,
    t.column_name,
    r.severity,
    r.is_success,
    r.observed,
    r.run_id,
    r.checked_at
from proof.tests as t
left join ran as r on t.test = r.expectation and r.suite = 'dbt'
where list_contains($models, t.model)
union all
select
    r.suite as place,
    r.expectation,
    r.column_name,
    r.severity,
    r.is_success,
    r.observed,
    r.run_id,
    r.checked_at
from ran as r
where r.source = $source and r.suite not in ('dbt', 'upkeep')
order by is_success nulls last, place, expectation
