-- Grain: one row per source, instance and provincial day, from its first sample to the source's clock.
-- What is due at the clock's own instant is not expected yet.
-- A slot is up when every sample in it is 1; NaN is not up. Samples of other metrics play no part.
with up_series as (
    select
        source,
        series_id,
        instance,
        dense_rank() over (order by source, instance) as instance_no
    from {{ ref('stg_server__series') }}
    where metric = 'up' and instance is not null
),

samples as (
    select
        up_series.instance_no,
        {{ epoch_us('samples.sampled_at') }} as sampled_us,
        samples.value = 1 as is_up
    from {{ ref('stg_server__samples') }} as samples
    inner join up_series on samples.source = up_series.source and samples.series_id = up_series.series_id
),

first_samples as (
    select
        instance_no,
        min(sampled_us) as anchor_us
    from samples
    group by instance_no
),

instances as (
    select distinct
        first_samples.instance_no,
        up_series.source,
        up_series.instance,
        clock.time_zone,
        clock.as_of,
        clock.as_of_on,
        clock.step_s * 1000000 as step_us,
        {{ epoch_us('clock.as_of') }} as as_of_us,
        first_samples.anchor_us
    from first_samples
    inner join up_series on first_samples.instance_no = up_series.instance_no
    inner join {{ ref('int_source__clock') }} as clock on up_series.source = clock.source
),

slots as (
    select
        samples.instance_no,
        {{ slot_of('samples.sampled_us', 'instances.anchor_us', 'instances.step_us') }} as slot,
        min(samples.is_up) as is_up
    from samples
    inner join instances on samples.instance_no = instances.instance_no
    group by 1, 2
),

timed_slots as (
    select
        slots.instance_no,
        slots.is_up,
        instances.time_zone,
        {{ quarter_of('instances.anchor_us + slots.slot * instances.step_us') }} as quarter
    from slots
    inner join instances on slots.instance_no = instances.instance_no
    where instances.anchor_us + slots.slot * instances.step_us < instances.as_of_us
),

distinct_quarters as (
    select distinct
        time_zone,
        quarter
    from timed_slots
),

quarters as (
    select
        time_zone,
        quarter,
        {{ local_day(quarter_at('quarter'), 'time_zone') }} as sampled_on
    from distinct_quarters
),

received as (
    select
        timed_slots.instance_no,
        quarters.sampled_on,
        count(*) as n_received,
        count(*) filter (where timed_slots.is_up) as n_up
    from timed_slots
    inner join quarters
        on timed_slots.time_zone = quarters.time_zone and timed_slots.quarter = quarters.quarter
    group by 1, 2
),

instance_days as (
    select
        *,
        {{ each_day(local_day(instant('anchor_us'), 'time_zone'), 'as_of_on') }} as sampled_on
    from instances
),

bounds as (
    select
        *,
        {{ epoch_us(start_of_local_day('sampled_on', 'time_zone')) }} as day_start_us,
        least({{ epoch_us(start_of_local_day('sampled_on + 1', 'time_zone')) }}, as_of_us) as day_end_us
    from instance_days
),

expected as (
    select
        instance_no,
        source,
        instance,
        sampled_on,
        {{ slots_before('day_end_us', 'anchor_us', 'step_us') }}
        - {{ slots_before('day_start_us', 'anchor_us', 'step_us') }} as n_expected
    from bounds
)

select
    expected.source,
    expected.instance,
    expected.sampled_on,
    coalesce(received.n_up, 0) as n_up,
    coalesce(received.n_received, 0) as n_received,
    expected.n_expected,
    expected.n_expected - coalesce(received.n_received, 0) as n_missing
from expected
left join received
    on expected.instance_no = received.instance_no and expected.sampled_on = received.sampled_on
where expected.n_expected > 0
