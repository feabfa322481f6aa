-- Grain: one row per KPI, source, jurisdiction, grain and first day of the period.
-- D1S: stock variant of D1. D3: full-process procedures with an online dossier filed in the period, of those
-- offered.
-- D6: score of Decision 766/QĐ-TTg in points of 100; a part without data stays out of value, scores nothing
-- in value_low and everything in value_high, and n_missing are its points.
with dossiers as (
    select * from {{ ref('fct_dossiers') }}
),

spans as (
    select
        dossiers.source,
        clock.unit_code,
        clock.time_zone,
        min(dossiers.filed_on) as first_on,
        max(dossiers.reported_on) as last_on,
        max(dossiers.reported_at) as as_of,
        max(dossiers.reported_on) as as_of_on
    from dossiers
    inner join {{ ref('int_source__clock') }} as clock on dossiers.source = clock.source
    group by dossiers.source, clock.unit_code, clock.time_zone
),

periods as (
    {{ periods_of('spans') }}
),

stocks as (
    select
        periods.source,
        periods.unit_code,
        periods.grain,
        periods.period_start,
        count(dossiers.due_at) as n_judged,
        count(*) filter (
            where
            dossiers.returned_at > dossiers.due_at and dossiers.returned_on <= periods.end_on
            or dossiers.due_at < periods.end_at
            and (dossiers.returned_on is null or dossiers.returned_on > periods.end_on)
            and coalesce(dossiers.status, '') <> 'waiting_for_applicant'
        ) as n_late,
        count(*) - count(dossiers.due_at) as n_missing
    from periods
    inner join dossiers
        on
            periods.source = dossiers.source
            and periods.end_on >= dossiers.filed_on
            and (dossiers.returned_on is null or periods.period_start <= dossiers.returned_on)
            and not dossiers.is_withdrawn
    group by periods.source, periods.unit_code, periods.grain, periods.period_start
),

full_process as (
    select
        periods.source,
        periods.unit_code,
        periods.grain,
        periods.period_start,
        count(distinct procedures.procedure_key) as n_offered,
        count(distinct dossiers.procedure_key) as n_used
    from periods
    inner join {{ ref('dim_procedures') }} as procedures
        on
            periods.source = procedures.source
            and procedures.is_full_process
            and (procedures.withdrawn_on is null or periods.period_start < procedures.withdrawn_on)
    left join dossiers
        on
            procedures.source = dossiers.source
            and procedures.procedure_key = dossiers.procedure_key
            and dossiers.channel = 'online'
            and periods.period_start <= dossiers.filed_on
            and periods.end_on >= dossiers.filed_on
    group by periods.source, periods.unit_code, periods.grain, periods.period_start
),

weights as (
    select
        name,
        value as points,
        case name
            when 'progress' then 'D1'
            when 'digitised' then 'D5'
            when 'online' then 'D2'
            when 'online_payment' then 'D4'
            when 'satisfaction' then 'D6S'
        end as code,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('kpi_parameters') }}
    where code = 'D6'
),

rates as (
    select
        periods.source,
        periods.grain,
        periods.period_start,
        parts.code,
        sum(parts.numerator) / nullif(sum(parts.denominator), 0) as rate
    from periods
    inner join {{ ref('int_kpi__service_parts') }} as parts
        on
            periods.source = parts.source
            and periods.period_start <= parts.counted_on
            and periods.end_on >= parts.counted_on
    group by periods.source, periods.grain, periods.period_start, parts.code
),

scores as (
    select
        periods.source,
        periods.unit_code,
        periods.grain,
        periods.period_start,
        sum(weights.points * rates.rate) as points,
        sum(case when rates.rate is not null then weights.points end) as points_known,
        sum(weights.points) as points_total
    from periods
    inner join weights on periods.end_on between weights.valid_from and weights.valid_to
    left join rates
        on
            periods.source = rates.source
            and periods.grain = rates.grain
            and periods.period_start = rates.period_start
            and weights.code = rates.code
    group by periods.source, periods.unit_code, periods.grain, periods.period_start
)

select
    'D1S' as code,
    source,
    unit_code,
    grain,
    period_start,
    cast(n_judged - n_late as double) as numerator,
    cast(n_judged as double) as denominator,
    (n_judged - n_late) / nullif(n_judged, 0) as value,
    cast(null as double) as value_low,
    cast(null as double) as value_high,
    cast(n_missing as double) as n_missing
from stocks
union all
select
    'D3' as code,
    source,
    unit_code,
    grain,
    period_start,
    n_used as numerator,
    n_offered as denominator,
    n_used / nullif(n_offered, 0) as value,
    null as value_low,
    null as value_high,
    0 as n_missing
from full_process
union all
select
    'D6' as code,
    source,
    unit_code,
    grain,
    period_start,
    points as numerator,
    points_known as denominator,
    points_total * points / points_known as value,
    points as value_low,
    points + points_total - points_known as value_high,
    points_total - points_known as n_missing
from scores
where points is not null
