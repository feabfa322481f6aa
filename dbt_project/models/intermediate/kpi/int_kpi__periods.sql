-- Grain: one row per KPI that cannot be added up, grain, first day of the period, administrative unit and source.
-- A model of such figures (quantiles, survival times, scores) is added by its line here: among those that tell which
-- unit bears the code (unit_valid_from), or those of the source's jurisdiction alone.
-- A table: every publish copies it, so that its figures can be rolled up again from the published file.
{{ config(materialized='table') }}
{% set models_of_units = [
    'int_kpi__feedback_time_periods',
    'int_kpi__feedback_stock_periods',
    'int_kpi__feedback_rate_periods',
] %}
{% set models_of_jurisdictions = [
    'int_kpi__service_periods',
    'int_kpi__scheme_periods',
    'int_kpi__economy_periods',
    'int_kpi__data_centre_periods',
    'int_kpi__media_periods',
    'int_kpi__quality_periods',
] %}
select
    cast(null as varchar) as code,
    cast(null as varchar) as source,
    cast(null as varchar) as unit_code,
    cast(null as date) as unit_valid_from,
    cast(null as varchar) as grain,
    cast(null as date) as period_start,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as double) as value,
    cast(null as double) as value_low,
    cast(null as double) as value_high,
    cast(null as double) as n_missing
where false
{% for model in models_of_units + models_of_jurisdictions %}
    union all
    select
        code,
        source,
        unit_code,
        {{ 'unit_valid_from' if model in models_of_units else 'null as unit_valid_from' }},
        grain,
        period_start,
        numerator,
        denominator,
        value,
        value_low,
        value_high,
        n_missing
    from {{ ref(model) }}
{% endfor %}
