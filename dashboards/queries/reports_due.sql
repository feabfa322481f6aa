-- Reports owed in the period, by unit: handed in on time, late, and not at all.
select
    unit,
    count(*) filter (where is_on_time) as n_on_time,
    count(*) filter (where not is_on_time and submitted_on is not null) as n_late,
    count(*) filter (where is_judged and submitted_on is null) as n_missing,
    max(date_diff('day', due_on, submitted_on)) filter (where not is_on_time) as max_days_late
from marts.fct_reports_due
where list_contains($sources, source) and is_judged and due_on between $first and $last
group by all
order by n_missing desc, n_late desc, unit
