-- A code that no unit bears on that day would be read as the unit that bears it on another.
with named as (
    select
        'bridge' as seed,
        old_code as code,
        old_valid_from as valid_from
    from {{ ref('unit_bridge') }}
    union all
    select
        'bridge' as seed,
        new_code as code,
        new_valid_from as valid_from
    from {{ ref('unit_bridge') }}
    union all
    select
        'tiles' as seed,
        code,
        valid_from
    from {{ ref('unit_tiles') }}
),

communes as (
    select
        code,
        valid_from
    from {{ ref('units') }}
    where level = 'commune'
)

select named.*
from named
left join communes
    on named.code = communes.code and named.valid_from = communes.valid_from
where communes.code is null
union all
select
    'no tile' as seed,
    communes.code,
    communes.valid_from
from communes
left join {{ ref('unit_tiles') }} as tiles
    on communes.code = tiles.code and communes.valid_from = tiles.valid_from
where tiles.code is null
