-- The tests of one table with their newest result.
with results as (
    select
        expectation as test,
        is_success,
        observed,
        checked_at
    from ops.check_results
    where suite = 'dbt'
    qualify row_number() over (partition by expectation order by checked_at desc) = 1
)

select
    t.test,
    t.column_name,
    t.description_en,
    r.is_success,
    r.observed,
    r.checked_at
from proof.tests as t
left join results as r on t.test = r.test
where t.model = $table
order by r.is_success nulls first, t.test
