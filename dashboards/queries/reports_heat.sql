-- Reports owed by each unit for each period, due in the days shown: the worst of them tells the cell. Units that failed
-- most come first.
with cells as (
    select
        unit,
        period,
        min(due_on) as due_on,
        count(*) as n_reports,
        count(*) filter (where is_on_time) as n_on_time,
        count(*) filter (where submitted_on is null) as n_missing
    from marts.fct_reports_due
    where list_contains($sources, source) and is_judged and due_on between $first and $last
    group by unit, period
)

select
    unit,
    period,
    due_on,
    n_reports,
    n_on_time,
    case when n_missing > 0 then 'missing' when n_on_time < n_reports then 'late' else 'on_time' end as state
from cells
order by sum(n_missing) over (partition by unit) desc, sum(n_reports - n_on_time) over (partition by unit) desc, unit, due_on
