-- Grain: one row per source, administrative unit and day since which its boundary holds, as received last.
with versions as (
    select
        *,
        row_number() over (
            partition by source, code, valid_from
            order by received_at desc, ingested_at desc, record_hash asc
        ) as nth_newest
    from {{ source('raw', 'place__boundaries') }}
)

select
    source,
    code,
    valid_from,
    name_vi,
    geometry,
    n_polygons,
    n_vertices,
    min_long,
    min_lat,
    max_long,
    max_lat,
    received_at
from versions
where nth_newest = 1
