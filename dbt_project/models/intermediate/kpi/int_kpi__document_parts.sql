-- Grain: one row per KPI, source, jurisdiction and provincial day the source's reports tell of.
-- By day of the deadline: V1, V4; what is open and not yet due is not counted. By day of issue: V2. By day of
-- registration: V3, and V3A, V3B, V3C for units of the province, districts and communes.
with documents as (
    select * from {{ ref('fct_documents') }}
),

spans as (
    select
        source,
        jurisdiction_code as unit_code,
        min(registered_on) as first_on,
        max(reported_on) as last_on
    from documents
    group by source, jurisdiction_code
),

marked as (
    select
        'V1' as code,
        source,
        jurisdiction_code as unit_code,
        due_on as counted_on,
        cast(is_on_time as integer) as numerator,
        1 as denominator,
        0 as n_missing
    from documents
    where direction = 'in' and is_judged
    union all
    select
        'V4' as code,
        source,
        jurisdiction_code as unit_code,
        due_on as counted_on,
        cast(is_on_time as integer) as numerator,
        1 as denominator,
        0 as n_missing
    from documents
    where is_assignment and is_judged
    union all
    select
        'V2' as code,
        source,
        jurisdiction_code as unit_code,
        issued_on as counted_on,
        cast(coalesce(is_signed_digitally, false) as integer) as numerator,
        cast(is_signed_digitally is not null as integer) as denominator,
        cast(is_signed_digitally is null as integer) as n_missing
    from documents
    where direction = 'out'
    {% for code, level in [('V3', none), ('V3A', 'province'), ('V3B', 'district'), ('V3C', 'commune')] %}
        union all
        select
            '{{ code }}' as code,
            source,
            jurisdiction_code as unit_code,
            registered_on as counted_on,
            cast(coalesce(is_processed_online, false) as integer) as numerator,
            cast(is_processed_online is not null as integer) as denominator,
            cast(is_processed_online is null as integer) as n_missing
        from documents
        {% if level %}where level = '{{ level }}'{% endif %}
    {% endfor %}
)

{{ daily_parts('marked', 'spans') }}
