{# The one place where an instant becomes a calendar day of a province, and where DuckDB's date functions are named.
   `ts` is a TIMESTAMPTZ, `tz` an IANA time zone; both are SQL expressions. #}

{% macro local_day(ts, tz) -%}
    {{ return(adapter.dispatch('local_day')(ts, tz)) }}
{%- endmacro %}

{% macro duckdb__local_day(ts, tz) -%}
    cast(timezone({{ tz }}, {{ ts }}) as date)
{%- endmacro %}

{# The instant at which the clock hour of `ts` began in `tz`. #}
{% macro local_hour(ts, tz) -%}
    {{ return(adapter.dispatch('local_hour')(ts, tz)) }}
{%- endmacro %}

{% macro duckdb__local_hour(ts, tz) -%}
    timezone({{ tz }}, date_trunc('hour', timezone({{ tz }}, {{ ts }})))
{%- endmacro %}

{# The instant at which the calendar day `day` begins in `tz`. #}
{% macro start_of_local_day(day, tz) -%}
    {{ return(adapter.dispatch('start_of_local_day')(day, tz)) }}
{%- endmacro %}

{% macro duckdb__start_of_local_day(day, tz) -%}
    timezone({{ tz }}, cast(({{ day }}) as timestamp))
{%- endmacro %}

{# One row per calendar day, both ends included; for use in a select list. #}
{% macro each_day(first_day, last_day) -%}
    {{ return(adapter.dispatch('each_day')(first_day, last_day)) }}
{%- endmacro %}

{% macro duckdb__each_day(first_day, last_day) -%}
    cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date)
{%- endmacro %}

{# One row per hour, both ends included; for use in a select list. #}
{% macro each_hour(first_hour, last_hour) -%}
    {{ return(adapter.dispatch('each_hour')(first_hour, last_hour)) }}
{%- endmacro %}

{% macro duckdb__each_hour(first_hour, last_hour) -%}
    unnest(generate_series({{ first_hour }}, {{ last_hour }}, interval 1 hour))
{%- endmacro %}

{% macro hours_between(earlier, later) -%}
    {{ return(adapter.dispatch('hours_between')(earlier, later)) }}
{%- endmacro %}

{% macro duckdb__hours_between(earlier, later) -%}
    ((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 3600e6)
{%- endmacro %}

{% macro period_start(day, grain) -%}
    {{ return(adapter.dispatch('period_start')(day, grain)) }}
{%- endmacro %}

{% macro duckdb__period_start(day, grain) -%}
    cast(date_trunc('{{ grain }}', {{ day }}) as date)
{%- endmacro %}

{# Last day of the period that begins on `start`. #}
{% macro period_end(start, grain) -%}
    {{ return(adapter.dispatch('period_end')(start, grain)) }}
{%- endmacro %}

{% macro duckdb__period_end(start, grain) -%}
    cast(({{ start }}) + interval 1 {{ grain }} - interval 1 day as date)
{%- endmacro %}

{# Mean length of a month of the Gregorian calendar. #}
{% macro days_per_month() -%}
    30.436875
{%- endmacro %}

{% macro n_days(first_day, last_day) -%}
    {{ return(adapter.dispatch('n_days')(first_day, last_day)) }}
{%- endmacro %}

{% macro duckdb__n_days(first_day, last_day) -%}
    (date_diff('day', {{ first_day }}, {{ last_day }}) + 1)
{%- endmacro %}

{# One row per whole number, both ends included; for use in a select list. #}
{% macro each_number(first, last) -%}
    {{ return(adapter.dispatch('each_number')(first, last)) }}
{%- endmacro %}

{% macro duckdb__each_number(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}))
{%- endmacro %}

{# 1 for Monday to 7 for Sunday. #}
{% macro iso_weekday(day) -%}
    {{ return(adapter.dispatch('iso_weekday')(day)) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(day) -%}
    isodow({{ day }})
{%- endmacro %}

{# Working days after `earlier` up to and with `later`, both provincial days: the day on which a period begins is not
   counted (Civil Code 2015, Article 147). Negative when `later` is the earlier one, null outside the calendar. #}
{% macro working_days_between(earlier, later) -%}
    (
        (select days.working_day_number from {{ ref('int_calendar__days') }} as days where days.day = {{ later }})
        - (select days.working_day_number from {{ ref('int_calendar__days') }} as days where days.day = {{ earlier }})
    )
{%- endmacro %}

{# Text under a key of a JSON object; null where the key is absent. #}
{% macro json_text(document, key) -%}
    json_extract_string({{ document }}, '$.{{ key }}')
{%- endmacro %}
