-- Grain: one row per source, indicator, unit of measure and month that both province and communes tell of.
-- Compared within one vintage, the newest in which both stand: an estimate of one against a final value of
-- the other would be no fault of either.
with told as (
    select
        series_values.source,
        series_values.indicator_code,
        series_values.unit,
        series_values.period_start_on as month_on,
        series_values.vintage_at,
        series_values.unit_code,
        series_values.value,
        clock.unit_code as jurisdiction_code,
        clock.is_synthetic,
        units.level
    from {{ ref('stg_indicator__values') }} as series_values
    inner join {{ ref('int_source__clock') }} as clock on series_values.source = clock.source
    inner join {{ ref('units') }} as units
        on
            series_values.unit_code = units.code
            and series_values.period_end_on >= units.valid_from
            and (units.valid_to is null or series_values.period_end_on <= units.valid_to)
    where
        series_values.period_grain = 'month'
        and coalesce({{ json_text('series_values.dimensions', 'measure') }}, '') <> 'plan'
        and series_values.value is not null
),

communes as (
    select
        within.ancestor_code as jurisdiction_code,
        within.valid_from,
        within.valid_to,
        count(*) as n_communes
    from {{ ref('int_place__ancestors') }} as within
    inner join {{ ref('units') }} as units
        on within.code = units.code and within.valid_from = units.valid_from
    where units.level = 'commune'
    group by within.ancestor_code, within.valid_from, within.valid_to
),

summed as (
    select
        source,
        indicator_code,
        unit,
        month_on,
        vintage_at,
        jurisdiction_code,
        is_synthetic,
        max(value) filter (where unit_code = jurisdiction_code) as province_value,
        sum(value) filter (where level = 'commune') as communes_value,
        count(*) filter (where level = 'commune') as n_told
    from told
    group by source, indicator_code, unit, month_on, vintage_at, jurisdiction_code, is_synthetic
),

ranked as (
    select
        *,
        row_number() over (
            partition by source, indicator_code, unit, month_on
            order by vintage_at desc
        ) as nth_newest
    from summed
    where province_value is not null and n_told > 0
)

select
    ranked.source,
    ranked.indicator_code,
    ranked.unit,
    ranked.month_on,
    ranked.vintage_at,
    ranked.jurisdiction_code,
    ranked.province_value,
    ranked.communes_value,
    ranked.n_told,
    communes.n_communes,
    ranked.n_told = communes.n_communes as is_complete,
    abs(ranked.communes_value - ranked.province_value) / nullif(abs(ranked.province_value), 0) as difference,
    ranked.is_synthetic
from ranked
inner join communes
    on
        ranked.jurisdiction_code = communes.jurisdiction_code
        and ranked.month_on between communes.valid_from and communes.valid_to
where ranked.nth_newest = 1
