-- Grain: one row per source, report, unit and period for which the report is due.
select
    reports.source,
    reports.report_name,
    reports.unit,
    reports.period,
    reports.due_on,
    reports.submitted_on,
    reports.submitted_on is not null or reports.due_on < reports.reported_on as is_judged,
    coalesce(reports.submitted_on <= reports.due_on, false) as is_on_time,
    reports.reported_on,
    clock.unit_code as jurisdiction_code,
    clock.is_synthetic
from {{ ref('stg_system__reports') }} as reports
inner join {{ ref('int_source__clock') }} as clock on reports.source = clock.source
