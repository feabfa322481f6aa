-- A gap is honest: a KPI without a model gives its reason, and one with a model gives none.
-- A model names its codes as literals, or under `meta: {codes: [...]}` where they are put together.
{% set models = [] %}
{% for node in graph.nodes.values() if node.name.startswith('int_kpi__') and node.resource_type == 'model' %}
    {% do models.append(node.raw_code ~ "'" ~ node.config.meta.get('codes', []) | join("' '") ~ "'") %}
{% endfor %}
{% set texts = models | join(' ') %}
with named as (
    select distinct code
    from (values ('') {% for code in modules.re.findall("'([A-Z][0-9]+[A-Z0-9]*)'", texts) %}, ('{{ code }}'){% endfor %}) as codes(code)
)

select
    definitions.code,
    case when named.code is null then 'no model and no reason' else 'a model, yet a reason why none' end as fault
from {{ ref('kpi_definitions') }} as definitions
left join named on definitions.code = named.code
where (named.code is null) = (definitions.not_computed is null)
union all
select
    code,
    'a model, yet no definition' as fault
from named
where code <> '' and code not in (select definitions.code from {{ ref('kpi_definitions') }} as definitions)
