-- Grain: one row per unit, camera and span of days [valid_from, valid_to) at one place.
-- A register speaks for the cameras of all sources of its unit. A camera installed elsewhere has left.
with entries as (
    select
        sources.unit_code,
        registry.*,
        row_number() over (
            partition by sources.unit_code, registry.camera_id, registry.installed_on
            order by registry.received_at desc, registry.source asc
        ) as nth_newest
    from {{ ref('stg_camera__registry') }} as registry
    inner join {{ ref('stg_ops__sources') }} as sources on registry.source = sources.source
),

ends as (
    select
        *,
        case when not is_retired_before_installed then retired_on end as believed_on,
        lead(installed_on) over (partition by unit_code, camera_id order by installed_on) as moved_on
    from entries
    where nth_newest = 1
)

select
    unit_code,
    camera_id,
    name_vi,
    road_code,
    km_mark,
    direction,
    owner,
    lat,
    long,
    installed_on as valid_from,
    least(believed_on, moved_on) as valid_to,
    moved_on is null as is_last_place
from ends
