-- Grain: one row per watched server or shared system and provincial day, from its first measurement to the
-- clock.
-- Slots of approved maintenance are counted apart: availability is n_up_outside over n_expected -
-- n_maintenance.
with distinct_quarters as (
    select distinct
        targets.time_zone,
        {{ quarter_of('slots.slot_us') }} as quarter
    from {{ ref('int_server__slots') }} as slots
    inner join {{ ref('int_server__targets') }} as targets on slots.target_no = targets.target_no
),

quarters as (
    select
        time_zone,
        quarter,
        {{ local_day(quarter_at('quarter'), 'time_zone') }} as measured_on
    from distinct_quarters
),

received as (
    select
        slots.target_no,
        quarters.measured_on,
        count(*) as n_received,
        count(*) filter (where slots.is_up) as n_up,
        count(*) filter (where not slots.is_in_maintenance) as n_received_outside,
        count(*) filter (where slots.is_up and not slots.is_in_maintenance) as n_up_outside
    from {{ ref('int_server__slots') }} as slots
    inner join {{ ref('int_server__targets') }} as targets on slots.target_no = targets.target_no
    inner join quarters
        on targets.time_zone = quarters.time_zone and {{ quarter_of('slots.slot_us') }} = quarters.quarter
    group by slots.target_no, quarters.measured_on
),

target_days as (
    select
        *,
        {{ each_day(local_day(instant('anchor_us'), 'time_zone'), 'as_of_on') }} as measured_on
    from {{ ref('int_server__targets') }}
),

bounds as (
    select
        *,
        {{ epoch_us(start_of_local_day('measured_on', 'time_zone')) }} as day_start_us,
        least({{ epoch_us(start_of_local_day('measured_on + 1', 'time_zone')) }}, as_of_us) as day_end_us
    from target_days
),

stretches as (
    select
        bounds.target_no,
        bounds.measured_on,
        bounds.anchor_us,
        bounds.step_us,
        greatest(bounds.day_start_us, windows.start_us) as start_us,
        least(bounds.day_end_us, windows.end_us) as end_us
    from bounds
    inner join {{ ref('int_server__maintenance') }} as windows
        on
            bounds.target_no = windows.target_no
            and bounds.day_start_us < windows.end_us
            and bounds.day_end_us > windows.start_us
),

maintained as (
    select
        target_no,
        measured_on,
        sum(
            {{ slots_before('end_us', 'anchor_us', 'step_us') }}
            - {{ slots_before('start_us', 'anchor_us', 'step_us') }}
        ) as n_maintenance
    from stretches
    group by target_no, measured_on
),

counted as (
    select
        bounds.*,
        {{ slots_before('bounds.day_end_us', 'bounds.anchor_us', 'bounds.step_us') }}
        - {{ slots_before('bounds.day_start_us', 'bounds.anchor_us', 'bounds.step_us') }} as n_expected,
        coalesce(received.n_up, 0) as n_up,
        coalesce(received.n_received, 0) as n_received,
        coalesce(received.n_up_outside, 0) as n_up_outside,
        coalesce(received.n_received_outside, 0) as n_received_outside,
        coalesce(maintained.n_maintenance, 0) as n_maintenance
    from bounds
    left join received
        on bounds.target_no = received.target_no and bounds.measured_on = received.measured_on
    left join maintained
        on bounds.target_no = maintained.target_no and bounds.measured_on = maintained.measured_on
)

select
    source,
    kind,
    target,
    measured_on,
    n_up,
    n_received,
    n_expected,
    n_expected - n_received as n_missing,
    cast(n_maintenance as bigint) as n_maintenance,
    n_up_outside,
    cast(n_expected - n_maintenance - n_received_outside as bigint) as n_missing_outside
from counted
where n_expected > 0
