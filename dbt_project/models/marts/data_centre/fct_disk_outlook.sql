-- Grain: one row per source, disk and provincial day on which it was measured.
-- A straight line through the free bytes of the last days (seed kpi_parameters, S7) tells what the disk loses a
-- day; days_left is null where it loses nothing or has been seen on too few days to judge.
with disk_days as (
    select
        source,
        instance,
        part,
        measured_on,
        mean_free_bytes,
        mean_used
    from {{ ref('fct_usage_days') }}
    where resource = 'disk' and mean_free_bytes is not null
),

judged_days as (
    select
        disk_days.source,
        disk_days.instance,
        disk_days.part,
        disk_days.measured_on as judged_on,
        disk_days.mean_free_bytes as free_bytes,
        disk_days.mean_used,
        windows.value as window_days,
        minimums.value as min_days
    from disk_days
    inner join {{ ref('kpi_parameters') }} as windows
        on
            windows.code = 'S7'
            and windows.name = 'window_days'
            and disk_days.measured_on >= windows.valid_from
            and disk_days.measured_on <= coalesce(windows.valid_to, disk_days.measured_on)
    inner join {{ ref('kpi_parameters') }} as minimums
        on
            minimums.code = 'S7'
            and minimums.name = 'min_days'
            and disk_days.measured_on >= minimums.valid_from
            and disk_days.measured_on <= coalesce(minimums.valid_to, disk_days.measured_on)
),

-- counted backwards from the day of judgement, a disk that fills has a rising line
slopes as (
    select
        judged.source,
        judged.instance,
        judged.part,
        judged.judged_on,
        count(*) as n_days,
        regr_slope(
            disk_days.mean_free_bytes, {{ n_days('disk_days.measured_on', 'judged.judged_on') }}
        ) as lost_bytes_per_day
    from judged_days as judged
    inner join disk_days
        on
            judged.source = disk_days.source
            and judged.instance = disk_days.instance
            and judged.part = disk_days.part
            and {{ n_days('disk_days.measured_on', 'judged.judged_on') }} between 1 and judged.window_days
    group by judged.source, judged.instance, judged.part, judged.judged_on
)

select
    judged.source,
    judged.instance,
    judged.part,
    judged.judged_on,
    judged.free_bytes,
    judged.mean_used,
    slopes.n_days,
    slopes.n_days >= judged.min_days as is_judged,
    slopes.lost_bytes_per_day,
    case
        when slopes.n_days >= judged.min_days and slopes.lost_bytes_per_day > 0
            then judged.free_bytes / slopes.lost_bytes_per_day
    end as days_left,
    clock.is_synthetic,
    clock.as_of
from judged_days as judged
inner join slopes
    on
        judged.source = slopes.source
        and judged.instance = slopes.instance
        and judged.part = slopes.part
        and judged.judged_on = slopes.judged_on
inner join {{ ref('int_source__clock') }} as clock on judged.source = clock.source
