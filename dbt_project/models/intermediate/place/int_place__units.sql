-- Grain: one row per administrative unit and day since which it holds.
-- The seed knows the province's own units and stands before any list, because figures are counted by it.
-- Lists add the rest of the country. A parent that a list only names is a unit too; a parent named without a
-- code is found by its name among the provinces of the same time.
with listed_provinces as (
    select
        name_key,
        valid_from,
        max(coalesce(valid_to, date '9999-12-31')) as valid_to,
        min(code) as code
    from {{ ref('stg_place__units') }}
    where level = 'province'
    group by name_key, valid_from
    having count(distinct code) = 1
),

listed as (
    select
        units.code,
        units.valid_from,
        units.valid_to,
        units.level,
        units.name_vi,
        coalesce(units.parent_code, provinces.code) as parent_code,
        units.parent_name_vi,
        units.source,
        units.received_at
    from {{ ref('stg_place__units') }} as units
    left join listed_provinces as provinces
        on
            units.parent_code is null
            and units.level <> 'province'
            and units.parent_name_key = provinces.name_key
            and units.valid_from between provinces.valid_from and provinces.valid_to
),

ranked as (
    select
        code,
        valid_from,
        valid_to,
        level,
        name_vi,
        parent_code,
        'seed' as origin,
        1 as rank,
        null::timestamptz as received_at
    from {{ ref('units') }}
    union all
    select
        code,
        valid_from,
        valid_to,
        level,
        name_vi,
        parent_code,
        source as origin,
        2 as rank,
        received_at
    from listed
    union all
    select
        parent_code as code,
        valid_from,
        valid_to,
        case length(parent_code) when 2 then 'province' else 'district' end as level,
        parent_name_vi as name_vi,
        null as parent_code,
        source as origin,
        3 as rank,
        received_at
    from listed
    where parent_code is not null and parent_name_vi is not null
),

numbered as (
    select
        *,
        row_number() over (
            partition by code, valid_from
            order by rank asc, received_at desc, origin asc, name_vi asc
        ) as nth
    from ranked
)

select
    code,
    valid_from,
    valid_to,
    level,
    name_vi,
    parent_code,
    origin
from numbered
where nth = 1
