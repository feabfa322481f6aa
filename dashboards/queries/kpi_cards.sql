-- Per KPI and source: one period beside the one before and the same a year earlier, with definition, target and clock.
-- $grain custom adds up days, where the KPI is a sum of its days. $at: as published then; null: as published last.
with chosen as (
    select
        source,
        coalesce($unit, unit_code) as unit_code,
        coalesce($unit_valid_from::date, unit_valid_from) as unit_valid_from
    from marts.dim_sources
    where list_contains($sources, source)
),

own as (
    select
        v.code, v.source, v.grain, v.period_start, v.period_end, v.numerator, v.denominator, v.value, v.value_low,
        v.value_high, v.ci_low, v.ci_high, v.n_missing, v.is_partial, v.figure_id
    from kpi.kpi_values as v
    inner join chosen as c
        on v.source = c.source and v.unit_code = c.unit_code and v.unit_valid_from = c.unit_valid_from
    where $at::timestamptz is null and list_contains($codes, v.code)
    union all
    select
        code, source, grain, period_start, period_end, numerator, denominator, value, value_low, value_high, ci_low,
        ci_high, null as n_missing, is_partial, figure_id
    from (
        select h.*
        from kpi.kpi_history as h
        inner join chosen as c
            on h.source = c.source and h.unit_code = c.unit_code and h.unit_valid_from = c.unit_valid_from
        where h.published_at <= $at::timestamptz and list_contains($codes, h.code)
        qualify
            row_number() over (
                partition by h.code, h.source, h.grain, h.period_start
                order by h.published_at desc
            ) = 1
    )
    where not is_gone
),

sums as (
    select code, source
    from own
    where $grain = 'custom'
    group by code, source
    having
        abs(sum(numerator) filter (grain = 'day') - max(numerator) filter (grain = 'all')) < 1e-6
        and bool_and(
            grain <> 'day'
            or value is not distinct from
            case when denominator is null then numerator else numerator / nullif(denominator, 0) end
        )
),

wanted as (
    select *
    from (
        values
        ('now', $first::date, $last::date),
        ('previous', $previous_first::date, $previous_last::date),
        ('year', $year_first::date, $year_last::date)
    ) as w (which, first_on, last_on)
    where first_on is not null
),

periods as (
    select
        w.which, o.code, o.source, o.period_start, o.period_end, o.numerator, o.denominator, o.value, o.value_low,
        o.value_high, o.ci_low, o.ci_high, o.n_missing, o.is_partial, o.figure_id
    from own as o
    inner join wanted as w on o.period_start = w.first_on or (w.which = 'now' and $grain = 'all')
    where o.grain = $grain
    union all
    select
        w.which, o.code, o.source,
        w.first_on as period_start,
        w.last_on as period_end,
        sum(o.numerator) as numerator,
        sum(o.denominator) as denominator,
        case when count(o.denominator) = 0 then sum(o.numerator) else sum(o.numerator) / nullif(sum(o.denominator), 0) end
            as value,
        case when count(o.value_low) > 0 then sum(o.numerator) / nullif(sum(o.denominator), 0) end as value_low,
        sum(o.value_high * o.denominator) / nullif(sum(o.denominator), 0) as value_high,
        null as ci_low,
        null as ci_high,
        sum(o.n_missing) as n_missing,
        bool_or(o.is_partial) or count(*) <= w.last_on - w.first_on as is_partial,
        null as figure_id
    from own as o
    inner join sums as s on o.code = s.code and o.source = s.source
    inner join wanted as w on o.period_start between w.first_on and w.last_on
    where o.grain = 'day'
    group by w.which, w.first_on, w.last_on, o.code, o.source
),

grains as (
    select
        code,
        source,
        bool_or(grain = $grain) or ($grain = 'custom' and (code, source) in (select (code, source) from sums)) as has_grain
    from own
    group by code, source
),

pairs as (
    select distinct code, source
    from kpi.kpi_values
    where $at::timestamptz is null and list_contains($sources, source) and list_contains($codes, code)
    union
    select distinct code, source
    from kpi.kpi_history
    where published_at <= $at::timestamptz and list_contains($sources, source) and list_contains($codes, code)
),

defined as (
    select *
    from seeds.kpi_definitions
    where list_contains($codes, code)
    -- a period older than the first definition is judged by the first definition
    qualify
        row_number() over (
            partition by code
            order by $last::date between valid_from and coalesce(valid_to, date '9999-12-31') desc, valid_from
        ) = 1
)

select
    d.*,
    $grain as grain,
    s.source,
    s.name_vi as source_name_vi,
    s.name_en as source_name_en,
    s.last_event_at,
    s.as_of,
    s.time_zone,
    s.is_synthetic,
    coalesce(g.has_grain, false) as has_grain,
    n.figure_id,
    coalesce(n.period_start, $first::date) as period_start,
    coalesce(n.period_end, $last::date) as period_end,
    n.numerator,
    n.denominator,
    n.value,
    n.value_low,
    n.value_high,
    n.ci_low,
    n.ci_high,
    n.n_missing,
    coalesce(n.is_partial, false) as is_partial,
    n.code is not null as has_row,
    b.value as previous_value,
    b.denominator as previous_denominator,
    y.value as year_value,
    y.denominator as year_denominator,
    t.target,
    t.basis as target_basis
from defined as d
left join pairs as p on d.code = p.code
left join marts.dim_sources as s on p.source = s.source
left join grains as g on p.code = g.code and p.source = g.source
left join periods as n on p.code = n.code and p.source = n.source and n.which = 'now'
left join periods as b on p.code = b.code and p.source = b.source and b.which = 'previous'
left join periods as y on p.code = y.code and p.source = y.source and y.which = 'year'
left join seeds.kpi_targets as t
    on
        d.code = t.code
        and t.unit_code in ($unit, s.unit_code)
        and coalesce(t.grain, $grain) = $grain
        and $last::date between t.valid_from and coalesce(t.valid_to, date '9999-12-31')
qualify
    row_number() over (
        partition by d.code, s.source
        order by t.unit_code is not distinct from $unit desc, t.grain is null, t.valid_from desc
    ) = 1
order by list_position($codes, d.code), s.source
