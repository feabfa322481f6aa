-- KPI values of whole sources and of the units of one day: $boundary, or the last day of each period.
with held as (
    select
        v.*,
        u.name_vi as unit_name_vi,
        case when v.unit_code = s.unit_code and v.unit_valid_from = s.unit_valid_from then 'whole' else u.level end
            as place
    from kpi.kpi_values as v
    inner join marts.dim_sources as s on v.source = s.source
    left join seeds.units as u on v.unit_code = u.code and v.unit_valid_from = u.valid_from
    where
        v.code = coalesce($code, v.code)
        and v.source = coalesce($source, v.source)
        and v.grain = coalesce($grain, v.grain)
        and v.period_start = coalesce($first_day::date, v.period_start)
        and (
            place is null
            or place = 'whole'
            or coalesce($boundary::date, v.period_end)
            between u.valid_from and coalesce(u.valid_to, date '9999-12-31')
        )
),

-- districts are made of communes: the finer level that the source tells
units as (
    select *
    from held
    where is_additive and place in ('district', 'commune')
    qualify rank() over (partition by code, source, grain, period_start order by place = 'commune' desc) = 1
),

unplaced as (
    select
        whole.* replace (
            null as unit_code,
            null as unit_valid_from,
            'Chưa xếp được vào đơn vị' as unit_name_vi,
            whole.numerator - units.numerator as numerator,
            whole.denominator - units.denominator as denominator,
            case
                when whole.denominator is null then whole.numerator - units.numerator
                else (whole.numerator - units.numerator) / nullif(whole.denominator - units.denominator, 0)
            end as value,
            null as value_low,
            null as value_high,
            null as ci_low,
            null as ci_high,
            null as n_missing,
            null as figure_id
        )
    from held as whole
    inner join (
        select
            code,
            source,
            grain,
            period_start,
            sum(numerator) as numerator,
            sum(denominator) as denominator
        from units
        group by code, source, grain, period_start
    ) as units
        on
            whole.code = units.code
            and whole.source = units.source
            and whole.grain = units.grain
            and whole.period_start = units.period_start
    where whole.place = 'whole' and $boundary is not null
),

shown as (
    select * from held
    union all
    select * from unplaced
)

select
    code,
    grain,
    period_start,
    unit_code,
    unit_valid_from,
    source,
    numerator,
    denominator,
    value,
    ci_low,
    ci_high,
    as_of,
    value_low,
    value_high,
    n_missing,
    unit_name_vi,
    is_synthetic,
    figure_id
from shown
where $unit is null or unit_code = $unit
order by code, source, unit_code nulls last, unit_valid_from, grain, period_start
