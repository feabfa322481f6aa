-- Grain: one row per watched server or shared system and slot of its grid in which a measurement arrived.
-- What is due at the clock's own instant is not expected yet. A server is up in a slot when every sample in
-- it is 1; NaN is not up. A system is up when a probe of any replica succeeded: one replica that answers is
-- enough.
{{ config(materialized='table') }}

with slots as (
    select
        targets.target_no,
        targets.anchor_us,
        targets.step_us,
        targets.as_of_us,
        {{ slot_of('measurements.measured_us', 'targets.anchor_us', 'targets.step_us') }} as slot,
        case targets.kind when 'system' then max(measurements.is_up) else min(measurements.is_up) end as is_up
    from {{ ref('int_server__measurements') }} as measurements
    inner join {{ ref('int_server__targets') }} as targets
        on
            measurements.source = targets.source
            and measurements.kind = targets.kind
            and measurements.target = targets.target
    group by 1, 2, 3, 4, 5, targets.kind
),

timed as (
    select
        target_no,
        slot,
        anchor_us + slot * step_us as slot_us,
        is_up
    from slots
    where anchor_us + slot * step_us < as_of_us
)

select
    timed.target_no,
    timed.slot,
    timed.slot_us,
    timed.is_up,
    windows.target_no is not null as is_in_maintenance
from timed
left join {{ ref('int_server__maintenance') }} as windows
    on
        timed.target_no = windows.target_no
        and timed.slot_us >= windows.start_us
        and timed.slot_us < windows.end_us
