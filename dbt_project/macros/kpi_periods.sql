{# Periods in which KPIs that do not add up are counted anew. #}
{# First day of the period of `day`, for the grain in the column `grain`; `first_on` for the whole history. #}
{% macro start_of_grain(day, grain, first_on) -%}
    case {{ grain }}
        {% for name in ['week', 'month', 'quarter', 'year'] %}
            when '{{ name }}' then {{ period_start(day, name) }}
        {% endfor %}
        when 'all' then {{ first_on }}
    end
{%- endmacro %}

{# Last day of the period that begins on `start`; `last_on` for the whole history. #}
{% macro end_of_grain(start, grain, last_on) -%}
    case {{ grain }}
        {% for name in ['week', 'month', 'quarter', 'year'] %}
            when '{{ name }}' then {{ period_end(start, name) }}
        {% endfor %}
        when 'all' then {{ last_on }}
    end
{%- endmacro %}

{# One column `grain`, a row per grain. #}
{% macro grains() -%}
    (values {% for name in ['week', 'month', 'quarter', 'year'] %}('{{ name }}'), {% endfor %}('all')) as grains(grain)
{%- endmacro %}

{# Periods of each source from `spans` (source, unit_code, first_on, last_on, as_of, as_of_on, time_zone): the day and
   the instant at which each ends, or the source's clock where that comes first; the whole history ends with the clock. #}
{% macro periods_of(spans) %}
    select
        source,
        unit_code,
        grain,
        period_start,
        least(period_end, as_of_on) as end_on,
        least({{ start_of_local_day('period_end + 1', 'time_zone') }}, as_of) as end_at
    from (
        select
            *,
            cast({{ end_of_grain('period_start', 'grain', 'as_of_on') }} as date) as period_end
        from (
            select distinct
                days.source,
                days.unit_code,
                days.as_of,
                days.as_of_on,
                days.time_zone,
                grains.grain,
                cast({{ start_of_grain('days.day', 'grains.grain', 'days.first_on') }} as date) as period_start
            from (
                select
                    *,
                    {{ each_day('first_on', 'last_on') }} as day
                from {{ spans }}
            ) as days
            cross join {{ grains() }}
        ) as starts
    ) as ends
{% endmacro %}
