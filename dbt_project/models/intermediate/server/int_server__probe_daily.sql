-- Grain: one row per source, shared system and provincial day, from its first probe to the source's clock.
-- KPI S3 is n_success / n_expected; n_missing widens it to a range, as for servers.
-- A slot is a success when a probe of any replica in it succeeded: one replica that answers is enough.
with probes as (
    select
        source,
        system,
        is_success,
        {{ epoch_us('sampled_at') }} as sampled_us
    from {{ ref('stg_server__probes') }}
    where is_success is not null
),

first_probes as (
    select
        source,
        system,
        min(sampled_us) as anchor_us
    from probes
    group by source, system
),

systems as (
    select
        first_probes.source,
        first_probes.system,
        first_probes.anchor_us,
        clock.time_zone,
        clock.as_of_on,
        clock.step_s * 1000000 as step_us,
        {{ epoch_us('clock.as_of') }} as as_of_us
    from first_probes
    inner join {{ ref('int_source__clock') }} as clock on first_probes.source = clock.source
),

numbered as (
    select
        systems.*,
        {{ slot_of('probes.sampled_us', 'systems.anchor_us', 'systems.step_us') }} as slot,
        probes.is_success
    from probes
    inner join systems on probes.source = systems.source and probes.system = systems.system
),

slots as (
    select
        source,
        system,
        time_zone,
        as_of_us,
        anchor_us + slot * step_us as slot_us,
        bool_or(is_success) as is_success
    from numbered
    group by 1, 2, 3, 4, 5
),

received as (
    select
        source,
        system,
        {{ local_day(instant('slot_us'), 'time_zone') }} as probed_on,
        count(*) as n_received,
        count(*) filter (where is_success) as n_success
    from slots
    where slot_us < as_of_us
    group by 1, 2, 3
),

system_days as (
    select
        *,
        {{ each_day(local_day(instant('anchor_us'), 'time_zone'), 'as_of_on') }} as probed_on
    from systems
),

bounds as (
    select
        *,
        {{ epoch_us(start_of_local_day('probed_on', 'time_zone')) }} as day_start_us,
        least({{ epoch_us(start_of_local_day('probed_on + 1', 'time_zone')) }}, as_of_us) as day_end_us
    from system_days
),

expected as (
    select
        source,
        system,
        probed_on,
        {{ slots_before('day_end_us', 'anchor_us', 'step_us') }}
        - {{ slots_before('day_start_us', 'anchor_us', 'step_us') }} as n_expected
    from bounds
)

select
    expected.source,
    expected.system,
    expected.probed_on,
    coalesce(received.n_success, 0) as n_success,
    coalesce(received.n_received, 0) as n_received,
    expected.n_expected,
    expected.n_expected - coalesce(received.n_received, 0) as n_missing
from expected
left join received
    on
        expected.source = received.source
        and expected.system = received.system
        and expected.probed_on = received.probed_on
where expected.n_expected > 0
