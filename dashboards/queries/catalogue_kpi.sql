-- One KPI: every dated definition, newest first, with the tables it is computed from.
select
    d.*,
    (select list(k.model order by k.model) from proof.kpi_models as k where k.code = d.code) as models
from seeds.kpi_definitions as d
where d.code = $code
order by d.valid_from desc
