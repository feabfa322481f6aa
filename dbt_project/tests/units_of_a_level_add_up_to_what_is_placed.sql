-- Of every additive KPI, source and year: the units of one level and boundary hold the parts placed in them, each once,
-- and the jurisdiction holds them all. What no unit of a level holds is its unplaced remainder.
with places as (
    select distinct
        source,
        told_code,
        told_from,
        told_to,
        unit_level,
        unit_valid_from
    from {{ ref('int_source__units') }}
),

placed as (
    select
        parts.code,
        parts.source,
        places.unit_level,
        places.unit_valid_from,
        {{ period_start('parts.counted_on', 'year') }} as period_start,
        sum(parts.numerator) as numerator,
        sum(parts.denominator) as denominator
    from {{ ref('int_kpi__parts') }} as parts
    inner join places
        on
            parts.source = places.source
            and (parts.unit_code = places.told_code or places.unit_level = 'jurisdiction')
            and parts.counted_on between places.told_from and places.told_to
    group by 1, 2, 3, 4, 5
),

units as (
    select distinct
        source,
        unit_code,
        unit_valid_from,
        unit_level
    from {{ ref('int_source__units') }}
),

counted as (
    select
        figures.code,
        figures.source,
        units.unit_level,
        units.unit_valid_from,
        figures.period_start,
        sum(figures.numerator) as numerator,
        sum(figures.denominator) as denominator
    from {{ ref('kpi_values') }} as figures
    inner join units
        on
            figures.source = units.source
            and figures.unit_code = units.unit_code
            and figures.unit_valid_from = units.unit_valid_from
    where figures.is_additive and figures.grain = 'year'
    group by 1, 2, 3, 4, 5
)

select *
from placed
full join counted using (code, source, unit_level, unit_valid_from, period_start)
where
    abs(coalesce(placed.numerator, 0) - coalesce(counted.numerator, 0)) > 1e-6
    or abs(coalesce(placed.denominator, 0) - coalesce(counted.denominator, 0)) > 1e-6
