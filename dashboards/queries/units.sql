-- Units of a jurisdiction in the two boundaries, each as a tree read from the top: districts, then their communes.
with recursive own as (
    select
        code,
        valid_from,
        name_vi,
        level,
        name_vi as path
    from seeds.units
    where parent_code = $jurisdiction and valid_from < date '2025-07-01'
    union all
    select
        u.code,
        u.valid_from,
        u.name_vi,
        u.level,
        o.path || ' / ' || u.name_vi as path
    from seeds.units as u
    inner join own as o on u.parent_code = o.code
    where u.valid_from < date '2025-07-01'
),

renewed as (
    select distinct
        n.code,
        n.valid_from,
        n.name_vi,
        n.level,
        n.name_vi as path
    from own as o
    inner join seeds.unit_bridge as b on o.code = b.old_code and o.valid_from = b.old_valid_from
    inner join seeds.units as n on b.new_code = n.code and b.new_valid_from = n.valid_from
)

select
    *,
    '2021' as boundary
from own
union all
select
    *,
    '2025' as boundary
from renewed
order by boundary, path
