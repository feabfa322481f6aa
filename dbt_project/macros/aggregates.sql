{# Aggregates that engines call differently. #}

{# Value below which the fraction `share` of the values lies, interpolated between neighbours. #}
{% macro quantile(values, share) -%}
    {{ return(adapter.dispatch('quantile')(values, share)) }}
{%- endmacro %}

{% macro duckdb__quantile(values, share) -%}
    quantile_cont({{ values }}, {{ share }})
{%- endmacro %}

{% macro spark__quantile(values, share) -%}
    percentile({{ values }}, {{ share }})
{%- endmacro %}

{# Value of the row with the greatest `instant`, rows without a value left out. #}
{% macro at_latest(value, instant) -%}
    {{ return(adapter.dispatch('at_latest')(value, instant)) }}
{%- endmacro %}

{% macro duckdb__at_latest(value, instant) -%}
    arg_max({{ value }}, {{ instant }})
{%- endmacro %}

{% macro spark__at_latest(value, instant) -%}
    max_by({{ value }}, case when {{ value }} is not null then {{ instant }} end)
{%- endmacro %}
