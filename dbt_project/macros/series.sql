{# A label of a time series; labels are kept as JSON. #}
{% macro series_label(labels, name) -%}
    json_extract_string({{ labels }}, '$.{{ name }}')
{%- endmacro %}

{# Five-minute bucket of an instant in microseconds, and the instant at which a bucket begins. #}
{% macro five_minutes_of(us) -%}
    (({{ us }}) // 300000000)
{%- endmacro %}

{% macro five_minutes_at(bucket) -%}
    to_timestamp(({{ bucket }}) * 300)
{%- endmacro %}
