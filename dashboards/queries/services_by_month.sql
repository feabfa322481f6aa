-- Dossiers resolved by month of return, before, on and after the appointed day; months up to that of $last.
select
    cast(date_trunc('month', returned_on) as date) as month_start,
    count(*) filter (where is_on_time and returned_on < due_on) as n_early,
    count(*) filter (where is_on_time and not coalesce(returned_on < due_on, false)) as n_due_day,
    count(*) filter (where is_resolved_late) as n_late,
    count(*) filter (where due_at is null) as n_without_deadline
from marts.fct_dossiers
where
    list_contains($sources, source)
    and is_resolved
    and returned_on <= $last
    and returned_on >= date_trunc('month', cast($last as date)) - interval 12 month
group by all
order by month_start
