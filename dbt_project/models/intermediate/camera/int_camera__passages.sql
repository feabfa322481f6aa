-- Grain: one row per source, camera and tracked object, as its newest message tells it.
-- False positives are left out.
with messages as (
    select
        *,
        row_number() over (
            partition by source, camera_id, event_id
            order by sent_at desc, case event_type when 'end' then 1 when 'update' then 2 else 3 end
        ) as nth_newest
    from {{ ref('stg_camera__events') }}
)

select
    messages.source,
    messages.camera_id,
    messages.event_id,
    messages.start_at,
    messages.end_at,
    messages.label,
    messages.direction,
    messages.speed_km_h,
    messages.top_score,
    messages.plate_token is not null as has_plate,
    coalesce(labels.is_vehicle, false) as is_vehicle
from messages
left join {{ ref('object_labels') }} as labels on messages.label = labels.label
where messages.nth_newest = 1 and not coalesce(messages.is_false_positive, false)
