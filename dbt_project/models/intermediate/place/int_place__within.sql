-- Grain: one row per administrative unit and unit, of any time, whose territory contains it whole.
-- Communes are never divided by estimate: a unit of 2025 lies in an old one only if all communes it was made of do.
-- is_exact: units of the contained one's time make up the container without remainder, so that a sum over them is
-- the container's own figure on those days.
with ancestors as (
    select * from {{ ref('int_place__ancestors') }}
),

bridge as (
    select * from {{ ref('unit_bridge') }}
),

-- new units whose predecessors went there whole: their history is a sum
restated as (
    select
        new_code,
        new_valid_from,
        min(share) = 1 as is_whole,
        count(*) as n_old
    from bridge
    group by new_code, new_valid_from
),

-- old units that contain all predecessors of a new one
continued as (
    select
        bridge.new_code,
        bridge.new_valid_from,
        ancestors.ancestor_code,
        ancestors.ancestor_valid_from,
        ancestors.ancestor_level
    from bridge
    inner join ancestors on bridge.old_code = ancestors.code and bridge.old_valid_from = ancestors.valid_from
    inner join restated on bridge.new_code = restated.new_code and bridge.new_valid_from = restated.new_valid_from
    group by
        bridge.new_code,
        bridge.new_valid_from,
        ancestors.ancestor_code,
        ancestors.ancestor_valid_from,
        ancestors.ancestor_level,
        restated.n_old
    having count(*) = restated.n_old
),

-- an old unit goes on exactly if every commune of it went to a new unit that lies in it
exact as (
    select
        ancestors.ancestor_code,
        ancestors.ancestor_valid_from,
        bool_and(continued.new_code is not null) as is_exact
    from bridge
    inner join ancestors on bridge.old_code = ancestors.code and bridge.old_valid_from = ancestors.valid_from
    left join continued
        on
            bridge.new_code = continued.new_code
            and bridge.new_valid_from = continued.new_valid_from
            and ancestors.ancestor_code = continued.ancestor_code
            and ancestors.ancestor_valid_from = continued.ancestor_valid_from
    group by ancestors.ancestor_code, ancestors.ancestor_valid_from
)

select
    code,
    valid_from,
    valid_to,
    ancestor_code as container_code,
    ancestor_valid_from as container_valid_from,
    ancestor_level as container_level,
    true as is_exact
from ancestors
union all
select
    old.code,
    old.valid_from,
    old.valid_to,
    bridge.new_code as container_code,
    bridge.new_valid_from as container_valid_from,
    old.ancestor_level as container_level,
    restated.is_whole as is_exact
from bridge
inner join ancestors as old
    on bridge.old_code = old.code and bridge.old_valid_from = old.valid_from and old.code = old.ancestor_code
inner join restated on bridge.new_code = restated.new_code and bridge.new_valid_from = restated.new_valid_from
where bridge.share = 1
union all
select
    new.code,
    new.valid_from,
    new.valid_to,
    continued.ancestor_code as container_code,
    continued.ancestor_valid_from as container_valid_from,
    continued.ancestor_level as container_level,
    exact.is_exact
from continued
inner join ancestors as new
    on
        continued.new_code = new.code
        and continued.new_valid_from = new.valid_from
        and new.code = new.ancestor_code
inner join exact
    on
        continued.ancestor_code = exact.ancestor_code
        and continued.ancestor_valid_from = exact.ancestor_valid_from
