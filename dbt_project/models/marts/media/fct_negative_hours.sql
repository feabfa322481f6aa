-- Grain: one row per source and complete provincial hour that has as many earlier weeks as are compared.
-- z compares the hour with the same hour of the same weekday in earlier weeks; the spread is not taken below
-- the root of the mean, nor below one article, because four hours alone tell little of it. Thresholds are in
-- kpi_parameters (M8).
with parameters as (
    select
        max(case when name = 'weeks' then value end) as n_weeks,
        max(case when name = 'persistence_hours' then value end) as persistence_hours,
        max(case when name = 'alert_z' then value end) as alert_z
    from {{ ref('kpi_parameters') }}
    where code = 'M8' and valid_to is null
),

articles as (
    select
        labelled.source,
        labelled.sentiment = 'negative' as is_negative,
        clock.time_zone,
        clock.as_of,
        {{ local_hour('labelled.published_at', 'clock.time_zone') }} as hour_at
    from {{ ref('int_media__labelled') }} as labelled
    inner join {{ ref('int_source__clock') }} as clock on labelled.source = clock.source
    where labelled.sentiment is not null and labelled.published_at < clock.as_of
),

grid as (
    select
        source,
        time_zone,
        {{ each_hour('min(hour_at)', local_hour('max(as_of)', 'time_zone')) }} as hour_at,
        {{ local_hour('max(as_of)', 'time_zone') }} as present_hour_at
    from articles
    group by source, time_zone
),

hours as (
    select
        grid.source,
        grid.time_zone,
        grid.hour_at,
        {{ epoch_us('grid.hour_at') }} // 3600000000 as hour_no,
        count(*) filter (where articles.is_negative) as n_negative
    from grid
    left join articles on grid.source = articles.source and grid.hour_at = articles.hour_at
    where grid.hour_at < grid.present_hour_at
    group by grid.source, grid.time_zone, grid.hour_at
),

compared as (
    select
        hours.source,
        hours.time_zone,
        hours.hour_at,
        hours.hour_no,
        hours.n_negative,
        avg(earlier.n_negative) as mean_negative,
        stddev_samp(earlier.n_negative) as sd_negative
    from hours
    cross join parameters
    inner join hours as earlier
        on
            hours.source = earlier.source
            and (hours.hour_no - earlier.hour_no) % 168 = 0
            and hours.hour_no - earlier.hour_no between 168 and 168 * parameters.n_weeks
    group by 1, 2, 3, 4, 5
    having count(*) = max(parameters.n_weeks)
),

scored as (
    select
        *,
        (n_negative - mean_negative) / greatest(coalesce(sd_negative, 0), sqrt(mean_negative), 1) as z
    from compared
),

lasting as (
    select
        scored.source,
        scored.hour_at,
        min(previous.z) as lasting_z,
        count(*) as n_hours
    from scored
    cross join parameters
    inner join scored as previous
        on
            scored.source = previous.source
            and scored.hour_no - previous.hour_no between 0 and parameters.persistence_hours - 1
    group by scored.source, scored.hour_at
)

select
    scored.source,
    scored.hour_at,
    {{ local_day('scored.hour_at', 'scored.time_zone') }} as hour_on,
    scored.n_negative,
    scored.mean_negative,
    scored.z,
    case when lasting.n_hours = parameters.persistence_hours then lasting.lasting_z end as lasting_z,
    coalesce(
        lasting.n_hours = parameters.persistence_hours and lasting.lasting_z >= parameters.alert_z,
        false
    ) as is_alert,
    clock.is_synthetic,
    clock.as_of
from scored
cross join parameters
inner join {{ ref('int_source__clock') }} as clock on scored.source = clock.source
inner join lasting on scored.source = lasting.source and scored.hour_at = lasting.hour_at
