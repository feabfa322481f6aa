-- The models of a lineage from raw to kpi, with what they hold and the SQL as it was run.
select
    model,
    layer,
    kind,
    description_vi,
    description_en,
    compiled_sql
from proof.models
where list_contains($models, model)
order by list_position(['kpi', 'marts', 'intermediate', 'staging', 'seeds', 'ops', 'raw'], layer), model
