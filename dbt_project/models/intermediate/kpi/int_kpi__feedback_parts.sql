-- Grain: one row per KPI, source, administrative unit and provincial day
-- between the source's first and last report.
-- A day without a report inside that span is a true zero; outside it nothing is known, so there is no row.
-- Units: the source's jurisdiction, and the units below it if the source's unit codes are known there.
with tickets as (
    select
        source,
        request_id,
        jurisdiction_code,
        unit_code,
        requested_on,
        is_resolved,
        is_overdue,
        is_on_time and is_within_competence as is_on_time,
        has_deadline and is_overdue is not null and is_within_competence as is_judged
    from {{ ref('fct_tickets') }}
    -- spam and repetitions are counted apart (int_kpi__handling_parts)
    where is_counted
),

spans as (
    select
        source,
        jurisdiction_code,
        min(requested_on) as first_on,
        max(requested_on) as last_on
    from tickets
    group by source, jurisdiction_code
),

units_within as (
    select
        within.ancestor_code as jurisdiction_code,
        within.code as unit_code,
        within.valid_from,
        within.valid_to
    from {{ ref('int_place__ancestors') }} as within
    where within.code <> within.ancestor_code
),

-- every ticket at its jurisdiction, and at each unit below it that the ticket lies in
placed as (
    select
        tickets.*,
        tickets.jurisdiction_code as counted_unit_code
    from tickets
    union all
    select
        tickets.*,
        lies_in.ancestor_code as counted_unit_code
    from tickets
    inner join {{ ref('int_place__ancestors') }} as lies_in
        on
            tickets.unit_code = lies_in.code
            and tickets.requested_on between lies_in.valid_from and lies_in.valid_to
    inner join units_within
        on
            tickets.jurisdiction_code = units_within.jurisdiction_code
            and lies_in.ancestor_code = units_within.unit_code
            and tickets.requested_on between units_within.valid_from and units_within.valid_to
),

counted_units as (
    select
        source,
        jurisdiction_code as counted_unit_code,
        first_on,
        last_on
    from spans
    union all
    select
        spans.source,
        units_within.unit_code as counted_unit_code,
        greatest(spans.first_on, units_within.valid_from) as first_on,
        least(spans.last_on, units_within.valid_to) as last_on
    from spans
    inner join units_within on spans.jurisdiction_code = units_within.jurisdiction_code
    where
        exists (
            select 1
            from placed
            where placed.source = spans.source and placed.counted_unit_code <> spans.jurisdiction_code
        )
),

unit_days as (
    select
        source,
        counted_unit_code,
        {{ each_day('first_on', 'last_on') }} as counted_on
    from counted_units
),

counts as (
    select
        source,
        counted_unit_code,
        requested_on,
        count(*) as n_received,
        count(*) filter (where is_resolved) as n_resolved,
        count(*) filter (where is_overdue) as n_overdue,
        count(*) filter (where is_on_time) as n_on_time,
        count(*) filter (where is_judged) as n_judged
    from placed
    group by source, counted_unit_code, requested_on
),

days as (
    select
        unit_days.source,
        unit_days.counted_unit_code as unit_code,
        unit_days.counted_on,
        coalesce(counts.n_received, 0) as n_received,
        coalesce(counts.n_resolved, 0) as n_resolved,
        coalesce(counts.n_overdue, 0) as n_overdue,
        coalesce(counts.n_on_time, 0) as n_on_time,
        coalesce(counts.n_judged, 0) as n_judged,
        -- a source that gives no deadline has no overdue report, which is not the same as none
        sum(coalesce(counts.n_judged, 0)) over (partition by unit_days.source) > 0 as has_deadlines
    from unit_days
    left join counts
        on
            unit_days.source = counts.source
            and unit_days.counted_unit_code = counts.counted_unit_code
            and unit_days.counted_on = counts.requested_on
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
