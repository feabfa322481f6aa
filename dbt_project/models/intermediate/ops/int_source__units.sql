-- Grain: one row per source, unit its rows can tell, and unit they count for: the jurisdiction, and those within it.
-- A code is re-used over time, so the jurisdiction is the unit that bears it on the source's day, or bore it last.
with bearers as (
    select
        clock.source,
        clock.unit_code,
        units.valid_from,
        row_number() over (
            partition by clock.source
            order by
                coalesce(
                    clock.as_of_on between units.valid_from and coalesce(units.valid_to, date '9999-12-31'), false
                ) desc,
                units.valid_from desc
        ) as nth
    from {{ ref('int_source__clock') }} as clock
    left join {{ ref('units') }} as units on clock.unit_code = units.code
),

jurisdictions as (
    select
        source,
        unit_code,
        -- a place that no list dates
        coalesce(valid_from, date '1900-01-01') as valid_from
    from bearers
    where nth = 1
)

select
    source,
    unit_code as told_code,
    date '0001-01-01' as told_from,
    date '9999-12-31' as told_to,
    unit_code,
    valid_from as unit_valid_from,
    'jurisdiction' as unit_level
from jurisdictions
union all
select
    jurisdictions.source,
    told.code as told_code,
    told.valid_from as told_from,
    told.valid_to as told_to,
    told.container_code as unit_code,
    told.container_valid_from as unit_valid_from,
    told.container_level as unit_level
from jurisdictions
inner join {{ ref('int_place__within') }} as counted
    on
        jurisdictions.unit_code = counted.container_code
        and jurisdictions.valid_from = counted.container_valid_from
inner join {{ ref('int_place__within') }} as told
    on counted.code = told.container_code and counted.valid_from = told.container_valid_from
where
    told.is_exact
    and not (counted.code = jurisdictions.unit_code and counted.valid_from = jurisdictions.valid_from)
