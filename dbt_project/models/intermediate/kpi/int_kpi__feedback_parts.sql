-- Grain: one row per KPI, source, administrative unit told by the report and provincial day,
-- between the source's first and last report; a report without a unit counts at the source's jurisdiction.
-- A day without a report inside that span is a true zero; outside it nothing is known, so there is no row.
with reports as (
    select * from {{ ref('fct_tickets') }}
),

tickets as (
    select
        source,
        coalesce(unit_code, jurisdiction_code) as unit_code,
        requested_on,
        is_resolved,
        is_overdue,
        is_on_time and is_within_competence as is_on_time,
        has_deadline and is_overdue is not null and is_within_competence as is_judged
    from reports
    -- spam and repetitions are counted apart (int_kpi__handling_parts), but on their days the source spoke
    where is_counted
),

spans as (
    select
        source,
        jurisdiction_code as unit_code,
        {{ each_day('min(requested_on)', 'max(requested_on)') }} as counted_on
    from reports
    group by source, jurisdiction_code
),

counts as (
    select
        source,
        unit_code,
        requested_on as counted_on,
        count(*) as n_received,
        count(*) filter (where is_resolved) as n_resolved,
        count(*) filter (where is_overdue) as n_overdue,
        count(*) filter (where is_on_time) as n_on_time,
        count(*) filter (where is_judged) as n_judged
    from tickets
    group by source, unit_code, requested_on
    union all
    select
        spans.source,
        spans.unit_code,
        spans.counted_on,
        0 as n_received,
        0 as n_resolved,
        0 as n_overdue,
        0 as n_on_time,
        0 as n_judged
    from spans
    left join tickets
        on
            spans.source = tickets.source
            and spans.unit_code = tickets.unit_code
            and spans.counted_on = tickets.requested_on
    where tickets.source is null
),

days as (
    select
        *,
        -- a source that gives no deadline has no overdue report, which is not the same as none
        sum(n_judged) over (partition by source) > 0 as has_deadlines
    from counts
)

select
    'F1' as code,
    source,
    unit_code,
    counted_on,
    n_received as numerator,
    null as numerator_high,
    null as denominator,
    null as n_missing
from days
union all
select
    'F1R' as code,
    source,
    unit_code,
    counted_on,
    n_resolved as numerator,
    null as numerator_high,
    null as denominator,
    null as n_missing
from days
union all
select
    'F1O' as code,
    source,
    unit_code,
    counted_on,
    n_overdue as numerator,
    null as numerator_high,
    null as denominator,
    null as n_missing
from days
where has_deadlines
union all
select
    'F2' as code,
    source,
    unit_code,
    counted_on,
    n_resolved as numerator,
    null as numerator_high,
    n_received as denominator,
    null as n_missing
from days
union all
select
    'F4' as code,
    source,
    unit_code,
    counted_on,
    n_on_time as numerator,
    null as numerator_high,
    n_judged as denominator,
    n_received - n_judged as n_missing
from days
where has_deadlines
