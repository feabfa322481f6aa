{# Working time as a running count, so that the time between two instants is a subtraction.
   `calendar` is the alias of int_calendar__days joined on the provincial day of `ts`; `office` the alias of a row with
   the four office hours. Hours of a day that is not worked count nothing. #}

{% macro hour_of_local_day(ts, tz) -%}
    {{ hours_between(start_of_local_day(local_day(ts, tz), tz), ts) }}
{%- endmacro %}

{% macro working_hours_until(ts, tz, calendar, office) -%}
    (
        ({{ calendar }}.working_day_number - cast({{ calendar }}.is_working_day as integer)) * {{ office }}.hours_per_day
        + cast({{ calendar }}.is_working_day as integer) * (
            greatest(0, least({{ hour_of_local_day(ts, tz) }}, {{ office }}.morning_end) - {{ office }}.morning_start)
            + greatest(
                0, least({{ hour_of_local_day(ts, tz) }}, {{ office }}.afternoon_end) - {{ office }}.afternoon_start
            )
        )
    )
{%- endmacro %}
