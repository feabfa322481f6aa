-- Each of the 75 communes goes somewhere whole, and the 28 new ones get something: shares of an old unit sum to 1.
with old_units as (
    select
        units.code,
        units.valid_from,
        count(bridge.new_code) as n_rows,
        sum(bridge.share) as share
    from {{ ref('units') }} as units
    left join {{ ref('unit_bridge') }} as bridge
        on units.code = bridge.old_code and units.valid_from = bridge.old_valid_from
    where units.level = 'commune' and units.valid_to = date '2025-06-30'
    group by units.code, units.valid_from
),

new_units as (
    select
        units.code,
        units.valid_from,
        count(bridge.old_code) as n_rows
    from {{ ref('units') }} as units
    left join {{ ref('unit_bridge') }} as bridge
        on units.code = bridge.new_code and units.valid_from = bridge.new_valid_from
    where units.level = 'commune' and units.valid_from = date '2025-07-01'
    group by units.code, units.valid_from
)

select
    code,
    valid_from,
    'old unit is not taken once and whole' as fault
from old_units
where n_rows <> 1 or abs(share - 1) > 1e-9
union all
select
    code,
    valid_from,
    'new unit is made of nothing' as fault
from new_units
where n_rows = 0
union all
select
    null as code,
    null as valid_from,
    'not 75 old and 28 new units' as fault
where (select count(*) from old_units) <> 75 or (select count(*) from new_units) <> 28
