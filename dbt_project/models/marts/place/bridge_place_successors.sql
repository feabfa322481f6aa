-- Grain: one row per commune of before 1/7/2025 and commune it went to.
with successors as (
    select
        bridge.*,
        old.name_vi as old_name_vi,
        old.parent_code as old_district_code,
        new.name_vi as new_name_vi
    from {{ ref('unit_bridge') }} as bridge
    inner join {{ ref('int_place__units') }} as old
        on bridge.old_code = old.code and bridge.old_valid_from = old.valid_from
    inner join {{ ref('int_place__units') }} as new
        on bridge.new_code = new.code and bridge.new_valid_from = new.valid_from
),

districts as (
    select
        new_code,
        new_valid_from,
        count(distinct old_district_code) as n_districts
    from successors
    group by new_code, new_valid_from
)

select
    successors.old_code,
    successors.old_valid_from,
    successors.old_name_vi,
    successors.old_district_code,
    successors.new_code,
    successors.new_valid_from,
    successors.new_name_vi,
    successors.share,
    successors.clause,
    successors.old_code = successors.new_code as is_code_reused,
    districts.n_districts > 1 as is_straddling
from successors
inner join districts
    on
        successors.new_code = districts.new_code
        and successors.new_valid_from = districts.new_valid_from
