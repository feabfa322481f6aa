-- The models a KPI is computed through, from its values up to the raw tables; figures of other themes left out.
with recursive above as (
    select
        child,
        parent
    from proof.lineage
    where child = 'kpi.kpi_values'
    union
    select
        l.child,
        l.parent
    from proof.lineage as l
    inner join above as a on l.child = a.parent
    where
        not regexp_matches(l.child, '^intermediate\.int_kpi__\w+_(parts|periods)$')
        or l.child in (select k.model from proof.kpi_models as k where k.code = $code)
)

select distinct
    child,
    parent
from above
where
    not regexp_matches(parent, '^intermediate\.int_kpi__\w+_(parts|periods)$')
    or parent in (select k.model from proof.kpi_models as k where k.code = $code)
order by child, parent
