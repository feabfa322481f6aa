-- Grain: one row per source and camera that it tells of, or that a register alone knows (source null).
-- The place is the last one of the register.
with seen as (
    select
        source,
        camera_id
    from {{ ref('int_camera__passage_hours') }}
    union distinct
    select
        source,
        camera_id
    from {{ ref('stg_camera__status') }}
),

cameras as (
    select
        seen.source,
        seen.camera_id,
        clock.unit_code,
        clock.is_synthetic
    from seen
    inner join {{ ref('int_source__clock') }} as clock on seen.source = clock.source
),

places as (
    select *
    from {{ ref('int_camera__places') }}
    where is_last_place
)

select
    cameras.source,
    places.name_vi,
    places.road_code,
    places.km_mark,
    places.direction,
    places.owner,
    places.lat,
    places.long,
    places.valid_from as installed_on,
    places.valid_to as retired_on,
    coalesce(cameras.unit_code, places.unit_code) as unit_code,
    coalesce(cameras.camera_id, places.camera_id) as camera_id,
    places.camera_id is not null as is_registered,
    coalesce(cameras.is_synthetic, false) as is_synthetic
from cameras
full join places on cameras.unit_code = places.unit_code and cameras.camera_id = places.camera_id
