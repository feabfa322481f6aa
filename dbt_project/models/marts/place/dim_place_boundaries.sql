-- Grain: one row per administrative unit and day since which its boundary holds; only units that are known.
with newest as (
    select
        *,
        row_number() over (partition by code, valid_from order by received_at desc, source asc) as nth
    from {{ ref('stg_place__boundaries') }}
)

select
    newest.code,
    newest.valid_from,
    units.level,
    units.name_vi,
    newest.geometry,
    newest.n_polygons,
    newest.n_vertices,
    newest.min_long,
    newest.min_lat,
    newest.max_long,
    newest.max_lat,
    newest.source
from newest
inner join {{ ref('int_place__units') }} as units
    on newest.code = units.code and newest.valid_from = units.valid_from
where newest.nth = 1
