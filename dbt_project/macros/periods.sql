{# One row per source, day of `relation` and period the day lies in: source, the day, grain, period_start. For figures
   that are no sum of days (quantiles, slopes) and so are computed for each period from its own rows. #}
{% macro day_periods(relation, day) -%}
    {% for grain in ['day', 'week', 'month', 'quarter', 'year'] %}
        select distinct
            source,
            {{ day }},
            '{{ grain }}' as grain,
            {{ period_start(day, grain) }} as period_start
        from {{ relation }}
        union all
    {% endfor %}
    select distinct
        source,
        {{ day }},
        'all' as grain,
        min({{ day }}) over (partition by source) as period_start
    from {{ relation }}
{%- endmacro %}
