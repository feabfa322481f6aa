-- Published figures of periods already over that were replaced since a day, newest first, for the sources' own areas.
select
    r.figure_id,
    r.previous_figure_id,
    r.code,
    d.name_vi,
    d.name_en,
    d.is_percent,
    d.decimals,
    r.grain,
    r.period_start,
    r.period_end,
    r.previous_value,
    r.value,
    r.change,
    r.reason,
    r.published_at
from kpi.restatements as r
inner join marts.dim_sources as s
    on r.source = s.source and r.unit_code = s.unit_code and r.unit_valid_from = s.unit_valid_from
left join seeds.kpi_definitions as d
    on r.code = d.code and r.period_end between d.valid_from and coalesce(d.valid_to, date '9999-12-31')
where
    list_contains($sources, r.source)
    and r.published_at >= $since::timestamptz
order by r.published_at desc, r.code, r.grain, r.period_start desc
limit 200
