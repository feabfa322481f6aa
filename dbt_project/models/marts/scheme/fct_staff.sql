-- Grain: one row per source, unit, position and closing time of a report of staff.
-- A unit's report is whole: a position that a later report of the unit does not name is no longer held.
select
    staff.source,
    staff.unit,
    staff.position,
    staff.reported_at,
    staff.reported_on,
    staff.n_payroll,
    staff.n_contract,
    staff.full_time_equivalent,
    clock.unit_code as jurisdiction_code,
    clock.is_synthetic
from {{ ref('stg_system__staff_reports') }} as staff
inner join {{ ref('int_source__clock') }} as clock on staff.source = clock.source
