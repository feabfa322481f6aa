-- Grain: one row per administrative unit and day since which it holds; a code alone is no key.
with units as (
    select
        *,
        coalesce(valid_to, date '9999-12-31') as until_on
    from {{ ref('int_place__units') }}
)

select
    units.code,
    units.valid_from,
    units.valid_to,
    units.level,
    units.name_vi,
    units.parent_code,
    parents.valid_from as parent_valid_from,
    parents.name_vi as parent_name_vi,
    case units.level
        when 'province' then units.code
        when 'district' then parents.code
        else coalesce(grandparents.code, case parents.level when 'province' then parents.code end)
    end as province_code,
    tiles.tile_row,
    tiles.tile_column,
    units.origin
from units
left join units as parents
    on
        units.parent_code = parents.code
        and units.valid_from between parents.valid_from and parents.until_on
left join units as grandparents
    on
        parents.parent_code = grandparents.code
        and units.valid_from between grandparents.valid_from and grandparents.until_on
left join {{ ref('unit_tiles') }} as tiles
    on
        units.code = tiles.code
        and units.valid_from = tiles.valid_from
