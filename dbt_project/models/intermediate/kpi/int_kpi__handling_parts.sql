-- Grain: one row per KPI, source, administrative unit and provincial day
-- between the source's first and last report.
-- By day of receipt: F1D, F1X, F4D, F6, F13. By day of closing: F7R, F11, F12. F3 takes receipts and
-- closings, each on its own day. What a source never tells (histories, ratings) makes no row: it is no zero.
with tickets as (
    select
        *,
        coalesce(first_closed_on, resolved_on) as closed_on
    from (
        select
            tickets.*,
            {{ local_day('tickets.first_closed_at', 'clock.time_zone') }} as first_closed_on
        from {{ ref('fct_tickets') }} as tickets
        inner join {{ ref('int_source__clock') }} as clock on tickets.source = clock.source
    ) as dated
),

counted as (
    select * from tickets
    where is_counted
),

spans as (
    select
        source,
        jurisdiction_code as unit_code,
        min(requested_on) as first_on,
        max(requested_on) as last_on
    from tickets
    group by source, jurisdiction_code
),

told as (
    select
        tickets.source,
        bool_or(tickets.has_history) as tells_histories,
        bool_or(tickets.has_history or tickets.duplicate_of is not null) as tells_duplicates,
        bool_or(tickets.satisfaction is not null) as tells_ratings,
        bool_or(tickets.has_proof) as tells_proof
    from tickets
    group by tickets.source
),

-- the source's own deadline where it gives one, the assumed one where not
deadlines as (
    select
        source,
        counted_unit_code,
        requested_on,
        case when has_deadline then is_on_time else is_within_assumed_deadline end as is_on_time
    from counted
    where is_within_competence and is_within_assumed_deadline is not null
),

marked as (
    select
        'F1D' as code,
        tickets.source,
        tickets.counted_unit_code as unit_code,
        tickets.requested_on as counted_on,
        cast(tickets.is_duplicate and not tickets.is_spam as integer) as numerator,
        null as denominator,
        null as n_missing
    from tickets
    inner join told on tickets.source = told.source and told.tells_duplicates
    union all
    select
        'F1X' as code,
        tickets.source,
        tickets.counted_unit_code as unit_code,
        tickets.requested_on as counted_on,
        cast(tickets.is_spam as integer) as numerator,
        null as denominator,
        null as n_missing
    from tickets
    inner join told on tickets.source = told.source and told.tells_histories
    union all
    select
        'F3' as code,
        source,
        counted_unit_code as unit_code,
        requested_on as counted_on,
        0 as numerator,
        1 as denominator,
        cast(is_resolved and resolved_on is null as integer) as n_missing
    from counted
    union all
    select
        'F3' as code,
        source,
        counted_unit_code as unit_code,
        resolved_on as counted_on,
        1 as numerator,
        0 as denominator,
        0 as n_missing
    from counted
    where resolved_on is not null
    union all
    select
        'F4D' as code,
        source,
        counted_unit_code as unit_code,
        requested_on as counted_on,
        cast(is_on_time as integer) as numerator,
        1 as denominator,
        0 as n_missing
    from deadlines
    union all
    select
        'F6' as code,
        counted.source,
        counted.counted_unit_code as unit_code,
        counted.requested_on as counted_on,
        1 - cast(
            coalesce(counted.is_dissatisfied, false)
            or coalesce(counted.has_complaint, false)
            or coalesce(counted.n_reopenings > 0, false)
            or coalesce(counted.is_overdue, false) as integer
        ) as numerator,
        1 as denominator,
        cast(counted.is_overdue is null or not counted.has_deadline as integer) as n_missing
    from counted
    inner join told on counted.source = told.source and told.tells_ratings
    where counted.is_within_competence
    union all
    select
        'F7R' as code,
        counted.source,
        counted.counted_unit_code as unit_code,
        counted.closed_on as counted_on,
        cast(counted.is_satisfied is not null as integer) as numerator,
        1 as denominator,
        cast(counted.satisfaction is not null and counted.is_satisfied is null as integer) as n_missing
    from counted
    inner join told on counted.source = told.source and told.tells_ratings
    where counted.closed_on is not null
    union all
    select
        'F11' as code,
        counted.source,
        counted.counted_unit_code as unit_code,
        counted.closed_on as counted_on,
        cast(coalesce(counted.reopened_after_days <= parameters.value, false) as integer) as numerator,
        1 as denominator,
        0 as n_missing
    from counted
    inner join {{ ref('kpi_parameters') }} as parameters
        on
            parameters.code = 'F11'
            and parameters.name = 'max_days'
            and counted.closed_on >= parameters.valid_from
            and (parameters.valid_to is null or counted.closed_on <= parameters.valid_to)
    where counted.has_history and counted.closed_on is not null
    union all
    select
        'F12' as code,
        counted.source,
        counted.counted_unit_code as unit_code,
        counted.resolved_on as counted_on,
        cast(counted.has_proof as integer) as numerator,
        1 as denominator,
        0 as n_missing
    from counted
    inner join told on counted.source = told.source and told.tells_proof
    where counted.has_history and counted.resolved_on is not null
    union all
    select
        'F13' as code,
        source,
        counted_unit_code as unit_code,
        requested_on as counted_on,
        cast(n_reassignments > 0 as integer) as numerator,
        1 as denominator,
        0 as n_missing
    from counted
    where has_history
)

{{ daily_parts('marked', 'spans') }}
