{# Daily additive parts from `marked`: rows (code, source, unit_code, counted_on, numerator, denominator, n_missing), one
   per thing counted, at the finest unit known. `spans` holds one row (source, unit_code, first_on, last_on) per source:
   the days it tells of at its jurisdiction. Within a span a day without anything is a zero; outside it nothing is
   known and nothing is counted. A count has a null denominator in every row. #}
{% macro daily_parts(marked, spans) %}
    select
        code,
        source,
        unit_code,
        counted_on,
        sum(numerator) as numerator,
        cast(null as double) as numerator_high,
        sum(denominator) as denominator,
        sum(n_missing) as n_missing
    from (
        select
            {{ marked }}.code,
            {{ marked }}.source,
            {{ marked }}.unit_code,
            {{ marked }}.counted_on,
            {{ marked }}.numerator,
            {{ marked }}.denominator,
            {{ marked }}.n_missing
        from {{ marked }}
        inner join {{ spans }}
            on
                {{ marked }}.source = {{ spans }}.source
                and {{ marked }}.counted_on between {{ spans }}.first_on and {{ spans }}.last_on
        union all
        select
            told.code,
            told.source,
            {{ spans }}.unit_code,
            {{ each_day('first_on', 'last_on') }} as counted_on,
            0 as numerator,
            told.no_denominator as denominator,
            told.none_missing as n_missing
        from (
            select
                code,
                source,
                min(0 * denominator) as no_denominator,
                min(0 * n_missing) as none_missing
            from {{ marked }}
            group by code, source
        ) as told
        inner join {{ spans }} on told.source = {{ spans }}.source
    ) as counted
    group by code, source, unit_code, counted_on
{% endmacro %}
