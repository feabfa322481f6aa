{# Samples that should arrive every `step` seconds stand on a grid: slot k is expected at anchor + k * step.
   Counting slots instead of samples keeps "received" from passing "expected" when a source jitters or repeats.
   Instants are microseconds of the Unix epoch (BIGINT), so the arithmetic is exact. #}

{% macro epoch_us(ts) -%}
    {{ return(adapter.dispatch('epoch_us')(ts)) }}
{%- endmacro %}

{% macro duckdb__epoch_us(ts) -%}
    epoch_us({{ ts }})
{%- endmacro %}

{# Nearest slot of a sample. #}
{% macro slot_of(us, anchor_us, step_us) -%}
    {{ return(adapter.dispatch('slot_of')(us, anchor_us, step_us)) }}
{%- endmacro %}

{% macro duckdb__slot_of(us, anchor_us, step_us) -%}
    ((({{ us }}) - ({{ anchor_us }}) + ({{ step_us }}) // 2) // ({{ step_us }}))
{%- endmacro %}

{# Number of slots expected strictly before an instant. #}
{% macro slots_before(us, anchor_us, step_us) -%}
    {{ return(adapter.dispatch('slots_before')(us, anchor_us, step_us)) }}
{%- endmacro %}

{% macro duckdb__slots_before(us, anchor_us, step_us) -%}
    greatest(0, (({{ us }}) - ({{ anchor_us }}) + ({{ step_us }}) - 1) // ({{ step_us }}))
{%- endmacro %}

{% macro instant(us) -%}
    {{ return(adapter.dispatch('instant')(us)) }}
{%- endmacro %}

{% macro duckdb__instant(us) -%}
    to_timestamp(({{ us }}) / 1e6)
{%- endmacro %}

{# Quarter of an hour of an instant. Every time zone keeps a whole number of quarters from UTC, so all instants of a
   quarter share their local hour and day: converting one per quarter costs a hundredth of converting every sample. #}
{% macro quarter_of(us) -%}
    {{ return(adapter.dispatch('quarter_of')(us)) }}
{%- endmacro %}

{% macro duckdb__quarter_of(us) -%}
    (({{ us }}) // 900000000)
{%- endmacro %}

{% macro quarter_at(quarter) -%}
    {{ return(adapter.dispatch('quarter_at')(quarter)) }}
{%- endmacro %}

{% macro duckdb__quarter_at(quarter) -%}
    to_timestamp(({{ quarter }}) * 900)
{%- endmacro %}
