-- Grain: one row per watched server or shared system and slot of its grid in which a measurement arrived.
-- What is due at the clock's own instant is not expected yet. A server is up in a slot when every sample in it is 1;
-- NaN is not up. A system is up when a probe of any replica succeeded: one replica that answers is enough.
-- depends_on: {{ ref('stg_ops__batches') }}
{{ config(materialized='incremental', incremental_strategy='from_day', unique_key=['target_no', 'utc_day']) }}
{% set day_us = 86400000000 %}

with
{% if is_incremental() %}
    changed as (
        {{ changed_since_last_build('server__samples') }}
    ),

    built as (
        select
            target_no,
            max(slot_us) as last_us
        from {{ this }}
        group by target_no
    ),

    -- what is known of a target is calculated anew from the day on which something came, or from its last day
    renewed as (
        select
            targets.*,
            least({{ epoch_us('changed.changed_at') }} - targets.step_us, built.last_us) as renewed_us,
            built.last_us is not null as is_built
        from {{ ref('int_server__targets') }} as targets
        left join changed on targets.source = changed.source
        left join built on targets.target_no = built.target_no
    ),
{% else %}
    renewed as (
        select
            *,
            cast(null as bigint) as renewed_us,
            false as is_built
        from {{ ref('int_server__targets') }}
    ),
{% endif %}

targets as (
    select
        *,
        case
            when is_built then renewed_us // {{ day_us }} * {{ day_us }}
            else anchor_us - step_us
        end as from_us
    from renewed
),

slots as (
    select
        targets.target_no,
        targets.from_us,
        targets.anchor_us,
        targets.step_us,
        targets.as_of_us,
        {{ slot_of('measurements.measured_us', 'targets.anchor_us', 'targets.step_us') }} as slot,
        case targets.kind when 'system' then max(measurements.is_up) else min(measurements.is_up) end as is_up,
        max(measurements.ingested_at) as built_through
    from {{ ref('int_server__measurements') }} as measurements
    inner join targets
        on
            measurements.source = targets.source
            and measurements.kind = targets.kind
            and measurements.target = targets.target
            and measurements.measured_us >= targets.from_us - targets.step_us
    group by 1, 2, 3, 4, 5, 6, targets.kind
),

timed as (
    select
        target_no,
        slot,
        anchor_us + slot * step_us as slot_us,
        is_up,
        built_through
    from slots
    where anchor_us + slot * step_us < as_of_us and anchor_us + slot * step_us >= from_us
)

select
    timed.target_no,
    timed.slot,
    timed.slot_us,
    timed.is_up,
    windows.target_no is not null as is_in_maintenance,
    timed.slot_us // {{ day_us }} as utc_day,
    timed.built_through
from timed
left join {{ ref('int_server__maintenance') }} as windows
    on
        timed.target_no = windows.target_no
        and timed.slot_us >= windows.start_us
        and timed.slot_us < windows.end_us
