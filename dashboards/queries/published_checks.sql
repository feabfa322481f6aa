-- Every published figure against what the sources of a scope yield, contradictions first.
select
    c.*,
    s.name_vi as source_name_vi,
    s.name_en as source_name_en,
    s.is_synthetic
from kpi.published_check as c
inner join marts.dim_sources as s on c.source = s.source
where list_contains($sources, c.source)
order by list_position(['mau_thuan', 'lech', 'lam_tron', 'khop', 'chua_du_du_lieu'], c.verdict), c.id, c.source
