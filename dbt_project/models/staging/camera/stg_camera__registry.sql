-- Grain: one row per source, camera and place of it, as the register received last tells it.
with versions as (
    select
        *,
        row_number() over (
            partition by source, camera_id, installed_on
            order by updated_at desc nulls last, received_at desc, record_hash asc
        ) as nth_newest
    from {{ source('raw', 'camera__registry') }}
)

select
    source,
    camera_id,
    name_vi,
    road_code,
    km_mark,
    direction,
    owner,
    lat,
    long,
    installed_on,
    retired_on,
    is_retired_before_installed,
    received_at
from versions
where nth_newest = 1
