{# Wilson score interval of a rate of independent cases, 95 % (z = 1.959963984540054); null without cases.
   E. B. Wilson (1927), JASA 22, 209–212. `side` is '-' for the lower and '+' for the upper end. #}
{% macro wilson(k, n, side) -%}
    {%- set z2 = '3.841458820694124e0' -%}
    (
        (2 * ({{ k }}) + {{ z2 }} {{ side }} sqrt({{ z2 }} * ({{ z2 }} + 4 * ({{ k }}) * (1 - ({{ k }}) / nullif({{ n }}, 0)))))
        / (2 * (nullif({{ n }}, 0) + {{ z2 }}))
    )
{%- endmacro %}
