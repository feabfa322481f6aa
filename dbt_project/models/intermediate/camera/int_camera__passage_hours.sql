-- Grain: one row per source, camera, provincial clock hour in which an object was first seen, label, direction, kind
-- and whether the detector took it back.
-- Built on from day to day, so that no figure has to read all objects again.
{{ config(materialized='incremental', incremental_strategy='from_day', unique_key=['source', 'hour_on']) }}

with
{% if is_incremental() %}
    -- objects never vanish and only come to begin earlier: the days before the first changed one stay as they are
    first_days as (
        select
            changed.source,
            {{ start_of_local_day(local_day('changed.changed_at', 'clock.time_zone'), 'clock.time_zone') }} as from_at
        from (
            select
                objects.source,
                min(objects.start_at) as changed_at
            from {{ ref('int_camera__objects') }} as objects
            where
                objects.built_through > (
                    select coalesce(max(built.built_through) - interval 1 day, timestamptz '1900-01-01 00:00:00+00')
                    from {{ this }} as built
                )
            group by objects.source
        ) as changed
        inner join {{ ref('int_source__clock') }} as clock on changed.source = clock.source
    ),
{% endif %}

objects as (
    select
        objects.*,
        clock.time_zone,
        {{ quarter_of(epoch_us('objects.start_at')) }} as quarter
    from {{ ref('int_camera__objects') }} as objects
    inner join {{ ref('int_source__clock') }} as clock on objects.source = clock.source
    {% if is_incremental() %}
        inner join first_days
            on objects.source = first_days.source and objects.start_at >= first_days.from_at
    {% endif %}
),

distinct_quarters as (
    select distinct
        time_zone,
        quarter
    from objects
),

hours as (
    select
        time_zone,
        quarter,
        {{ local_hour(quarter_at('quarter'), 'time_zone') }} as hour_at,
        {{ local_day(quarter_at('quarter'), 'time_zone') }} as hour_on
    from distinct_quarters
),

quarters as (
    select
        hours.*,
        parameters.value as min_confidence
    from hours
    left join {{ ref('kpi_parameters') }} as parameters
        on
            parameters.code = 'C4'
            and parameters.name = 'min_confidence'
            and hours.hour_on >= parameters.valid_from
            and (parameters.valid_to is null or hours.hour_on <= parameters.valid_to)
)

select
    objects.source,
    objects.camera_id,
    quarters.hour_at,
    quarters.hour_on,
    objects.label,
    coalesce(objects.direction, 'unknown') as direction,
    objects.is_vehicle,
    objects.bears_plate,
    objects.is_false_positive,
    count(*) as n_objects,
    sum(cast(objects.speed_km_h as decimal(18, 6))) as total_speed_km_h,
    count(objects.speed_km_h) as n_speeds,
    count(*) filter (where objects.has_plate) as n_plates,
    case
        when min(quarters.min_confidence) is not null
            then count(*) filter (where objects.has_plate and objects.plate_confidence >= quarters.min_confidence)
    end as n_sure_plates,
    count(*) filter (where objects.has_plate and objects.plate_confidence is null) as n_unscored_plates,
    max(objects.built_through) as built_through
from objects
inner join quarters on objects.time_zone = quarters.time_zone and objects.quarter = quarters.quarter
group by 1, 2, 3, 4, 5, 6, 7, 8, 9
