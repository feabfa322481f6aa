-- Every figure published of the provinces of a scope against what its sources yield, contradictions first.
-- What no source can recompute is judged against the other figures, or waits for data.
select
    c.*,
    s.name_vi as source_name_vi,
    s.name_en as source_name_en,
    s.is_synthetic
from kpi.published_check as c
inner join seeds.published_figures as f on c.id = f.id
left join marts.dim_sources as s on c.source = s.source
where
    list_contains($sources, c.source)
    or (
        c.source is null
        and f.unit_code in (select o.unit_code from marts.dim_sources as o where list_contains($sources, o.source))
    )
order by list_position(['mau_thuan', 'lam_tron', 'khop', 'chua_du_du_lieu'], c.verdict), c.id, c.source
