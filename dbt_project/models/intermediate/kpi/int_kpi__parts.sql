-- Grain: one row per KPI, source, administrative unit and provincial day; each row stands at the finest unit known.
-- A model of additive parts is added by its line here.
-- A table: every publish copies it, so that its figures can be rolled up again from the published file.
{{ config(materialized='table') }}
{% set models = [
    'int_kpi__feedback_parts',
    'int_kpi__handling_parts',
    'int_kpi__service_parts',
    'int_kpi__document_parts',
    'int_kpi__reporting_parts',
    'int_kpi__data_centre_parts',
    'int_kpi__media_parts',
    'int_kpi__traffic_parts',
    'int_kpi__quality_parts',
] %}
{% for model in models %}
    select
        code,
        source,
        unit_code,
        counted_on,
        cast(numerator as double) as numerator,
        cast(numerator_high as double) as numerator_high,
        cast(denominator as double) as denominator,
        cast(n_missing as double) as n_missing
    from {{ ref(model) }}
    {% if not loop.last %}
        union all
    {% endif %}
{% endfor %}
