-- Grain: one row per administrative unit and unit of its time that it lies in, itself included.
with units as (
    select
        code,
        parent_code,
        level,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('units') }}
)

select
    code,
    valid_from,
    valid_to,
    code as ancestor_code,
    valid_from as ancestor_valid_from,
    level as ancestor_level
from units
union all
select
    units.code,
    units.valid_from,
    units.valid_to,
    parents.code as ancestor_code,
    parents.valid_from as ancestor_valid_from,
    parents.level as ancestor_level
from units
inner join units as parents
    on
        units.parent_code = parents.code
        and units.valid_from between parents.valid_from and parents.valid_to
union all
select
    units.code,
    units.valid_from,
    units.valid_to,
    grandparents.code as ancestor_code,
    grandparents.valid_from as ancestor_valid_from,
    grandparents.level as ancestor_level
from units
inner join units as parents
    on
        units.parent_code = parents.code
        and units.valid_from between parents.valid_from and parents.valid_to
inner join units as grandparents
    on
        parents.parent_code = grandparents.code
        and units.valid_from between grandparents.valid_from and grandparents.valid_to
