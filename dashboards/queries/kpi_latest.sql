-- Per KPI, source and grain: the latest complete period (the latest partial one if none is complete), its definition
-- and its target, for the source's own jurisdiction.
with latest as (
    select
        v.*,
        s.last_event_at,
        s.time_zone
    from kpi.kpi_values as v
    inner join marts.dim_sources as s on v.source = s.source and v.unit_code = s.unit_code and v.unit_valid_from = s.unit_valid_from
    where list_contains($sources, v.source)
    qualify
        row_number() over (partition by v.code, v.source, v.grain order by v.is_partial, v.period_start desc) = 1
),

defined as (
    select
        l.*,
        d.* exclude (code, valid_from, valid_to)
    from latest as l
    inner join seeds.kpi_definitions as d on l.code = d.code
    -- a period older than the first definition is judged by the first definition
    qualify
        row_number() over (
            partition by l.code, l.source, l.grain
            order by
                l.period_end between d.valid_from and coalesce(d.valid_to, date '9999-12-31') desc,
                d.valid_from
        ) = 1
)

select
    f.*,
    t.target,
    t.basis as target_basis
from defined as f
left join seeds.kpi_targets as t
    on
        f.code = t.code
        and f.unit_code = t.unit_code
        and coalesce(t.grain, f.grain) = f.grain
        and f.period_end between t.valid_from and coalesce(t.valid_to, date '9999-12-31')
qualify row_number() over (partition by f.code, f.source, f.grain order by t.grain is null, t.valid_from desc) = 1
order by f.code, f.source, f.grain
