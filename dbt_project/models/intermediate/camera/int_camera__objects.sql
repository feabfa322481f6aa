-- Grain: one row per source, camera and tracked object, false positives too, as its newest message tells it.
-- It begins with the earliest message about it and has a plate if any message or later reading has one.
-- A speed above 250 km/h is an error of the detector and is taken out.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['source', 'camera_id', 'event_id']
) }}
{% if is_incremental() %}
    {% set since %}
        (
            select coalesce(max(built.built_through) - interval 1 day, timestamptz '1900-01-01 00:00:00+00')
            from {{ this }} as built
        )
    {% endset %}
{% endif %}

with
{% if is_incremental() %}
    -- an object of which something came since the last build, with a day to spare, is told anew from all messages
    changed as (
        select
            source,
            camera_id,
            event_id
        from {{ ref('stg_camera__events') }}
        where ingested_at > {{ since }}
        union distinct
        select
            source,
            camera_id,
            event_id
        from {{ ref('stg_camera__plates') }}
        where ingested_at > {{ since }}
    ),
{% endif %}

told as (
    select events.*
    from {{ ref('stg_camera__events') }} as events
    {% if is_incremental() %}
        inner join changed
            on
                events.source = changed.source
                and events.camera_id = changed.camera_id
                and events.event_id = changed.event_id
    {% endif %}
),

messages as (
    select
        *,
        row_number() over (
            partition by source, camera_id, event_id
            order by sent_at desc, case event_type when 'end' then 1 when 'update' then 2 else 3 end
        ) as nth_newest,
        min(start_at) over (partition by source, camera_id, event_id) as first_at,
        max(end_at) over (partition by source, camera_id, event_id) as last_at,
        count(plate_token) over (partition by source, camera_id, event_id) as n_plates,
        max(plate_confidence) over (partition by source, camera_id, event_id) as best_confidence,
        coalesce(speed_km_h > 250, false) as is_speed_impossible,
        max(ingested_at) over (partition by source, camera_id, event_id) as newest_ingested_at
    from told
),

readings as (
    select
        source,
        camera_id,
        event_id,
        max(case when plate_token is not null then plate_confidence end) as best_confidence,
        count(plate_token) as n_plates,
        max(ingested_at) as newest_ingested_at
    from {{ ref('stg_camera__plates') }}
    group by source, camera_id, event_id
)

select
    messages.source,
    messages.camera_id,
    messages.event_id,
    messages.first_at as start_at,
    messages.last_at as end_at,
    messages.label,
    messages.direction,
    case when not messages.is_speed_impossible then messages.speed_km_h end as speed_km_h,
    messages.is_speed_impossible,
    messages.top_score,
    messages.n_plates > 0 or coalesce(readings.n_plates > 0, false) as has_plate,
    greatest(messages.best_confidence, readings.best_confidence) as plate_confidence,
    coalesce(labels.is_vehicle, false) as is_vehicle,
    coalesce(labels.bears_plate, false) as bears_plate,
    coalesce(messages.is_false_positive, false) as is_false_positive,
    greatest(messages.newest_ingested_at, readings.newest_ingested_at) as built_through
from messages
left join {{ ref('object_labels') }} as labels on messages.label = labels.label
left join readings
    on
        messages.source = readings.source
        and messages.camera_id = readings.camera_id
        and messages.event_id = readings.event_id
where messages.nth_newest = 1
