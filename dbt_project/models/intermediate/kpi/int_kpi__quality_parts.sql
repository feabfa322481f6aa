-- Grain: one row per KPI, source and provincial day on which something was delivered, harvested or expected.
-- Q1A (đúng): checks of deliveries that held over checks made; Q1B (đủ): samples or minutes that came over
-- those expected, for sources that have a step, else harvests that succeeded over harvests tried; Q1C (sạch):
-- records not set aside over records delivered; Q1D (sống): time in which the newest harvest was younger than
-- promised over the time between harvests, on the day the later one came. Q2: checks that failed over checks
-- made; Q2B: those that block.
with deliveries as (
    select
        batch_id,
        max(received_at) as received_at
    from {{ ref('stg_ops__batches') }}
    group by batch_id
),

checks as (
    select
        checks.source,
        clock.unit_code,
        {{ local_day('deliveries.received_at', 'clock.time_zone') }} as counted_on,
        count(*) as n_checks,
        count(*) filter (where not checks.is_success) as n_failed,
        count(*) filter (where not checks.is_success and checks.severity = 'blocking') as n_blocking
    from {{ ref('stg_ops__check_results') }} as checks
    inner join deliveries on checks.batch_id = deliveries.batch_id
    inner join {{ ref('int_source__clock') }} as clock on checks.source = clock.source
    group by 1, 2, 3
),

records as (
    select
        batches.source,
        clock.unit_code,
        {{ local_day('batches.received_at', 'clock.time_zone') }} as counted_on,
        sum(batches.n_offered) as n_offered,
        sum(batches.n_quarantined) as n_quarantined
    from {{ ref('stg_ops__batches') }} as batches
    inner join {{ ref('int_source__clock') }} as clock on batches.source = clock.source
    group by 1, 2, 3
),

harvests as (
    select
        harvests.source,
        harvests.status,
        harvests.as_of,
        clock.unit_code,
        sources.freshness_s,
        {{ local_day('harvests.as_of', 'clock.time_zone') }} as counted_on,
        max(case when harvests.status <> 'failed' then harvests.as_of end) over (
            partition by harvests.source
            order by harvests.as_of, harvests.finished_at rows between unbounded preceding and 1 preceding
        ) as previous_at
    from {{ ref('stg_ops__harvests') }} as harvests
    inner join {{ ref('int_source__clock') }} as clock on harvests.source = clock.source
    inner join {{ ref('stg_ops__sources') }} as sources on harvests.source = sources.source
    -- a source that never gave anything has no figures, not even bad ones
    where harvests.as_of is not null and clock.as_of is not null
),

waits as (
    select
        source,
        unit_code,
        counted_on,
        freshness_s,
        {{ hours_between('previous_at', 'as_of') }} * 3600 as gap_s
    from harvests
    where status <> 'failed' and as_of > previous_at
),

expected as (
    select
        source,
        sampled_on as counted_on,
        n_received as n_came,
        n_expected
    from {{ ref('fct_server_days') }}
    union all
    select
        source,
        online_on as counted_on,
        expected_minutes - missing_minutes as n_came,
        expected_minutes as n_expected
    from {{ ref('fct_camera_days') }}
)

select
    'Q1A' as code,
    source,
    unit_code,
    counted_on,
    n_checks - n_failed as numerator,
    null as numerator_high,
    n_checks as denominator,
    null as n_missing
from checks
union all
select
    'Q2' as code,
    source,
    unit_code,
    counted_on,
    n_failed as numerator,
    null as numerator_high,
    n_checks as denominator,
    null as n_missing
from checks
union all
select
    'Q2B' as code,
    source,
    unit_code,
    counted_on,
    n_blocking as numerator,
    null as numerator_high,
    null as denominator,
    null as n_missing
from checks
union all
select
    'Q1B' as code,
    expected.source,
    clock.unit_code,
    expected.counted_on,
    sum(expected.n_came) as numerator,
    null as numerator_high,
    sum(expected.n_expected) as denominator,
    null as n_missing
from expected
inner join {{ ref('int_source__clock') }} as clock on expected.source = clock.source
group by expected.source, clock.unit_code, expected.counted_on
union all
select
    'Q1B' as code,
    source,
    unit_code,
    counted_on,
    count(*) filter (where status <> 'failed') as numerator,
    null as numerator_high,
    count(*) as denominator,
    null as n_missing
from harvests
where source not in (select sampled.source from expected as sampled)
group by source, unit_code, counted_on
union all
select
    'Q1C' as code,
    source,
    unit_code,
    counted_on,
    n_offered - n_quarantined as numerator,
    null as numerator_high,
    n_offered as denominator,
    null as n_missing
from records
union all
select
    'Q1D' as code,
    source,
    unit_code,
    counted_on,
    sum(least(gap_s, freshness_s)) as numerator,
    null as numerator_high,
    sum(gap_s) as denominator,
    null as n_missing
from waits
group by source, unit_code, counted_on
