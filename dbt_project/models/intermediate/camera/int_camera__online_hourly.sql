-- Grain: one row per source, camera and provincial hour, from its first message to the source's clock.
-- A camera absent from a message that names others was offline; a minute without any message is missing.
-- Nothing is expected of a camera from the day on which the register says it was retired.
-- depends_on: {{ ref('stg_ops__batches') }}
{{ config(materialized='incremental', incremental_strategy='from_day', unique_key=['source', 'hour_on']) }}

with reports as (
    select
        source,
        camera_id,
        {{ epoch_us('reported_at') }} as reported_us,
        is_online,
        ingested_at
    from {{ ref('stg_camera__status') }}
),

{% if is_incremental() %}
    changed as (
        {{ changed_since_last_build('camera__status') }}
    ),

    built as (
        select
            source,
            max(hour_on) as last_on
        from {{ this }}
        group by source
    ),

    -- a message counts in the nearest slot, which may lie before it
    came as (
        select
            clock.source,
            {{ instant(epoch_us('changed.changed_at') ~ ' - clock.step_s * 1000000') }} as changed_at,
            clock.time_zone,
            built.last_on
        from {{ ref('int_source__clock') }} as clock
        left join changed on clock.source = changed.source
        left join built on clock.source = built.source
    ),

    -- first day that is calculated anew; null: all days
    first_days as (
        select
            source,
            case
                when last_on is not null then least({{ local_day('changed_at', 'time_zone') }}, last_on)
            end as from_on
        from came
    ),
{% else %}
    first_days as (
        select
            source,
            cast(null as date) as from_on
        from {{ ref('int_source__clock') }}
    ),
{% endif %}

first_reports as (
    select
        source,
        min(reported_us) as anchor_us
    from reports
    group by source
),

anchors as (
    select
        clock.source,
        clock.unit_code,
        clock.time_zone,
        clock.step_s,
        clock.as_of,
        clock.step_s * 1000000 as step_us,
        {{ epoch_us('clock.as_of') }} as as_of_us,
        first_reports.anchor_us,
        coalesce(
            {{ epoch_us(start_of_local_day('first_days.from_on', 'clock.time_zone')) }},
            first_reports.anchor_us - clock.step_s * 1000000
        ) as from_us
    from first_reports
    inner join {{ ref('int_source__clock') }} as clock on first_reports.source = clock.source
    inner join first_days on first_reports.source = first_days.source
),

camera_slots as (
    select
        reports.source,
        reports.camera_id,
        {{ slot_of('reports.reported_us', 'anchors.anchor_us', 'anchors.step_us') }} as slot,
        min(reports.is_online) as is_online,
        max(reports.ingested_at) as built_through
    from reports
    inner join anchors
        on reports.source = anchors.source and reports.reported_us >= anchors.from_us - anchors.step_us
    group by 1, 2, 3
),

cameras as (
    select
        reports.source,
        reports.camera_id,
        min({{ slot_of('reports.reported_us', 'anchors.anchor_us', 'anchors.step_us') }}) as first_slot
    from reports
    inner join anchors on reports.source = anchors.source
    group by 1, 2
),

distinct_slots as (
    select distinct
        source,
        slot
    from camera_slots
),

source_slots as (
    select
        slots.source,
        slots.slot,
        {{ quarter_of('anchors.anchor_us + slots.slot * anchors.step_us') }} as quarter
    from distinct_slots as slots
    inner join anchors on slots.source = anchors.source
    where
        anchors.anchor_us + slots.slot * anchors.step_us < anchors.as_of_us
        and anchors.anchor_us + slots.slot * anchors.step_us >= anchors.from_us
),

distinct_quarters as (
    select distinct
        source,
        quarter
    from source_slots
),

quarters as (
    select
        distinct_quarters.source,
        distinct_quarters.quarter,
        {{ local_hour(quarter_at('distinct_quarters.quarter'), 'anchors.time_zone') }} as hour_at
    from distinct_quarters
    inner join anchors on distinct_quarters.source = anchors.source
),

reported as (
    select
        cameras.source,
        cameras.camera_id,
        quarters.hour_at,
        count(*) as n_reported,
        count(*) filter (where camera_slots.is_online) as n_online,
        max(camera_slots.built_through) as built_through
    from source_slots
    inner join quarters on source_slots.source = quarters.source and source_slots.quarter = quarters.quarter
    inner join cameras on source_slots.source = cameras.source and source_slots.slot >= cameras.first_slot
    left join camera_slots
        on
            cameras.source = camera_slots.source
            and cameras.camera_id = camera_slots.camera_id
            and source_slots.slot = camera_slots.slot
    group by 1, 2, 3
),

first_instants as (
    select
        anchors.*,
        cameras.camera_id,
        anchors.anchor_us + cameras.first_slot * anchors.step_us as first_us,
        {{ epoch_us(start_of_local_day('places.valid_to', 'anchors.time_zone')) }} as retired_us
    from cameras
    inner join anchors on cameras.source = anchors.source
    left join {{ ref('int_camera__places') }} as places
        on
            anchors.unit_code = places.unit_code
            and cameras.camera_id = places.camera_id
            and places.is_last_place
),

camera_hours as (
    select
        *,
        {{ each_hour(local_hour(instant('greatest(first_us, from_us)'), 'time_zone'), 'as_of') }} as hour_at
    from first_instants
),

bounds as (
    select
        *,
        {{ epoch_us('hour_at') }} as hour_start_us,
        least({{ epoch_us('hour_at') }} + 3600000000, as_of_us, retired_us) as hour_end_us
    from camera_hours
),

expected as (
    select
        source,
        camera_id,
        time_zone,
        step_s,
        hour_at,
        {{ slots_before('hour_end_us', 'first_us', 'step_us') }}
        - {{ slots_before('hour_start_us', 'first_us', 'step_us') }} as n_expected
    from bounds
)

select
    expected.source,
    expected.camera_id,
    expected.hour_at,
    {{ local_day('expected.hour_at', 'expected.time_zone') }} as hour_on,
    coalesce(reported.n_online, 0) * expected.step_s / 60.0 as online_minutes,
    expected.n_expected * expected.step_s / 60.0 as expected_minutes,
    (expected.n_expected - coalesce(reported.n_reported, 0)) * expected.step_s / 60.0 as missing_minutes,
    reported.built_through
from expected
left join reported
    on
        expected.source = reported.source
        and expected.camera_id = reported.camera_id
        and expected.hour_at = reported.hour_at
where expected.n_expected > 0
