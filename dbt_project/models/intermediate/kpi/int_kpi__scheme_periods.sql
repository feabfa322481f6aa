-- Grain: one row per KPI, source, jurisdiction, grain and first day of the period.
-- P1: tasks done by the end of the period, of all the scheme's. P1S: work earned over work planned, by each
-- task's newest report of that time, all weighing alike. P2: reports closed in the period per full-time post.
-- P2S: seats that can be kept day and night, by full-time posts.
with parameters as (
    select
        code,
        value,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('kpi_parameters') }}
    where name in ('n_tasks', 'posts_per_seat')
),

task_spans as (
    select
        reports.source,
        clock.unit_code,
        clock.time_zone,
        min(reports.reported_on) as first_on,
        max(reports.reported_on) as last_on,
        max(reports.reported_at) as as_of,
        max(reports.reported_on) as as_of_on
    from {{ ref('stg_task__task_reports') }} as reports
    inner join {{ ref('int_source__clock') }} as clock on reports.source = clock.source
    group by reports.source, clock.unit_code, clock.time_zone
),

task_periods as (
    {{ periods_of('task_spans') }}
),

done as (
    select
        periods.source,
        periods.unit_code,
        periods.grain,
        periods.period_start,
        periods.end_on,
        count(*) filter (where tasks.done_on <= periods.end_on) as n_done,
        count(*) as n_told
    from task_periods as periods
    inner join {{ ref('fct_tasks') }} as tasks on periods.source = tasks.source
    group by periods.source, periods.unit_code, periods.grain, periods.period_start, periods.end_on
),

told as (
    select
        periods.source,
        periods.unit_code,
        periods.grain,
        periods.period_start,
        reports.planned_pct,
        reports.earned_pct,
        row_number() over (
            partition by periods.source, periods.grain, periods.period_start, reports.task_no
            order by reports.reported_at desc
        ) as nth_newest
    from task_periods as periods
    inner join {{ ref('stg_task__task_reports') }} as reports
        on periods.source = reports.source and periods.end_on >= reports.reported_on
),

earned as (
    select
        source,
        unit_code,
        grain,
        period_start,
        sum(earned_pct) filter (where planned_pct is not null) as earned_pct,
        sum(planned_pct) as planned_pct,
        count(*) - count(planned_pct) as n_missing
    from told
    where nth_newest = 1
    group by source, unit_code, grain, period_start
),

staff_spans as (
    select
        staff.source,
        staff.jurisdiction_code as unit_code,
        clock.time_zone,
        min(staff.reported_on) as first_on,
        max(staff.reported_on) as last_on,
        max(staff.reported_at) as as_of,
        max(staff.reported_on) as as_of_on
    from {{ ref('fct_staff') }} as staff
    inner join {{ ref('int_source__clock') }} as clock on staff.source = clock.source
    group by staff.source, staff.jurisdiction_code, clock.time_zone
),

staff_periods as (
    {{ periods_of('staff_spans') }}
),

posts as (
    select
        ranked.source,
        ranked.unit_code,
        ranked.grain,
        ranked.period_start,
        ranked.end_on,
        sum(ranked.full_time_equivalent) as n_posts,
        count(*) - count(ranked.full_time_equivalent) as n_missing
    from (
        select
            periods.*,
            staff.full_time_equivalent,
            rank() over (
                partition by periods.source, periods.grain, periods.period_start, staff.unit
                order by staff.reported_at desc
            ) as nth_newest
        from staff_periods as periods
        inner join {{ ref('fct_staff') }} as staff
            on periods.source = staff.source and periods.end_on >= staff.reported_on
    ) as ranked
    where ranked.nth_newest = 1
    group by ranked.source, ranked.unit_code, ranked.grain, ranked.period_start, ranked.end_on
),

handled as (
    select
        posts.source,
        posts.grain,
        posts.period_start,
        count(*) as n_handled
    from posts
    inner join {{ ref('fct_tickets') }} as tickets
        on
            posts.unit_code = tickets.jurisdiction_code
            and posts.period_start <= tickets.resolved_on
            and posts.end_on >= tickets.resolved_on
            and tickets.is_counted
    group by posts.source, posts.grain, posts.period_start
)

select
    'P1' as code,
    done.source,
    done.unit_code,
    done.grain,
    done.period_start,
    cast(done.n_done as double) as numerator,
    parameters.value as denominator,
    done.n_done / parameters.value as value,
    cast(null as double) as value_low,
    cast(null as double) as value_high,
    parameters.value - done.n_told as n_missing
from done
inner join parameters
    on parameters.code = 'P1' and done.end_on between parameters.valid_from and parameters.valid_to
union all
select
    'P1S' as code,
    source,
    unit_code,
    grain,
    period_start,
    earned_pct as numerator,
    planned_pct as denominator,
    earned_pct / nullif(planned_pct, 0) as value,
    null as value_low,
    null as value_high,
    n_missing
from earned
where planned_pct is not null
union all
select
    'P2' as code,
    posts.source,
    posts.unit_code,
    posts.grain,
    posts.period_start,
    handled.n_handled as numerator,
    posts.n_posts as denominator,
    handled.n_handled / nullif(posts.n_posts, 0) as value,
    null as value_low,
    null as value_high,
    posts.n_missing
from posts
inner join handled
    on
        posts.source = handled.source
        and posts.grain = handled.grain
        and posts.period_start = handled.period_start
where posts.n_posts is not null
union all
select
    'P2S' as code,
    posts.source,
    posts.unit_code,
    posts.grain,
    posts.period_start,
    posts.n_posts as numerator,
    parameters.value as denominator,
    posts.n_posts / parameters.value as value,
    null as value_low,
    null as value_high,
    posts.n_missing
from posts
inner join parameters
    on parameters.code = 'P2S' and posts.end_on between parameters.valid_from and parameters.valid_to
where posts.n_posts is not null
