{# A number for a text that stays the same from build to build. #}
{% macro stable_number(text) -%}
    md5_number_lower({{ text }})
{%- endmacro %}
