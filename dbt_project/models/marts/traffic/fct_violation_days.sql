-- Grain: one row per source, camera, kind of violation and provincial day with one.
-- A device repeats an alarm while it lasts: a message that follows within the time of kpi_parameters (C6) is
-- the same.
with signals as (
    select
        signals.source,
        signals.camera_id,
        signals.topic,
        signals.item,
        signals.sent_at,
        lag(signals.sent_at) over (
            partition by signals.source, signals.camera_id, signals.topic, signals.item
            order by signals.sent_at
        ) as previous_at
    from {{ ref('stg_camera__signals') }} as signals
    inner join {{ ref('violation_topics') }} as topics on signals.topic = topics.topic
    where signals.is_active and coalesce(signals.operation, 'Changed') <> 'Initialized'
),

violations as (
    select
        signals.source,
        signals.camera_id,
        signals.topic,
        {{ local_day('signals.sent_at', 'clock.time_zone') }} as seen_on,
        clock.is_synthetic,
        clock.as_of
    from signals
    inner join {{ ref('int_source__clock') }} as clock on signals.source = clock.source
    inner join {{ ref('kpi_parameters') }} as parameters
        on parameters.code = 'C6' and parameters.name = 'same_alarm_seconds' and parameters.valid_to is null
    where
        signals.previous_at is null
        or {{ hours_between('signals.previous_at', 'signals.sent_at') }} * 3600 > parameters.value
)

select
    source,
    camera_id,
    topic,
    seen_on,
    count(*) as n_violations,
    is_synthetic,
    as_of
from violations
group by source, camera_id, topic, seen_on, is_synthetic, as_of
