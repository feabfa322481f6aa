-- One published figure by its id, with its definition of that day, its unit and source in words, and what replaced it.
select
    h.*,
    d.* exclude (code, valid_from, valid_to),
    d.valid_to as definition_to,
    coalesce(u.name_vi, h.unit_code) as unit_name,
    s.name_vi as source_name_vi,
    s.name_en as source_name_en,
    s.time_zone,
    n.figure_id as next_figure_id
from kpi.kpi_history as h
left join seeds.kpi_definitions as d on h.code = d.code and h.definition_from is not distinct from d.valid_from
left join seeds.units as u on h.unit_code = u.code and h.unit_valid_from = u.valid_from
left join marts.dim_sources as s on h.source = s.source
left join kpi.kpi_history as n on h.figure_id = n.previous_figure_id
where h.figure_id = $id
