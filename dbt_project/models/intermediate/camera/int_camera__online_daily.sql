-- Grain: one row per source, camera and provincial day.
select
    source,
    camera_id,
    hour_on as online_on,
    sum(online_minutes) as online_minutes,
    sum(expected_minutes) as expected_minutes,
    sum(missing_minutes) as missing_minutes
from {{ ref('int_camera__online_hourly') }}
group by 1, 2, 3
