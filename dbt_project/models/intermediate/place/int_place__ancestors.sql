-- Grain: one row per administrative unit and unit it lies in, itself included.
with units as (
    select
        code,
        parent_code,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('units') }}
)

select
    code,
    code as ancestor_code,
    valid_from,
    valid_to
from units
union all
select
    code,
    parent_code as ancestor_code,
    valid_from,
    valid_to
from units
where parent_code is not null
union all
select
    units.code,
    parents.parent_code as ancestor_code,
    units.valid_from,
    units.valid_to
from units
inner join units as parents
    on
        units.parent_code = parents.code
        and units.valid_from between parents.valid_from and parents.valid_to
where parents.parent_code is not null
