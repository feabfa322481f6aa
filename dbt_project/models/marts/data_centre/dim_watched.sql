-- Grain: one row per source and watched server or shared system, as it was last measured.
-- The name of a system is that of the inventory of its unit; servers are named by their scrape target.
-- Whether a state is still believed is decided where it is shown: is_up without a fresh measurement tells nothing.
with latest as (
    select
        target_no,
        max(slot_us) as last_us,
        {{ at_latest('is_up', 'slot_us') }} as is_up,
        {{ at_latest('is_in_maintenance', 'slot_us') }} as is_in_maintenance
    from {{ ref('int_server__slots') }}
    group by target_no
),

names as (
    select
        clock.unit_code,
        inventory.system_code,
        max(inventory.system_name) as system_name
    from {{ ref('stg_system__inventory') }} as inventory
    inner join {{ ref('int_source__clock') }} as clock on inventory.source = clock.source
    group by clock.unit_code, inventory.system_code
),

replicas as (
    select
        source,
        system,
        count(*) as n_replicas,
        min(certificate_expires_at) as certificate_expires_at
    from {{ ref('int_server__probe_latest') }}
    group by source, system
)

select
    targets.source,
    targets.kind,
    targets.target,
    names.system_name,
    {{ instant('targets.anchor_us') }} as first_measured_at,
    {{ instant('latest.last_us') }} as last_measured_at,
    latest.is_up,
    latest.is_in_maintenance,
    targets.step_us / 1e6 as step_s,
    replicas.n_replicas,
    replicas.certificate_expires_at,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_server__targets') }} as targets
inner join {{ ref('int_source__clock') }} as clock on targets.source = clock.source
left join latest on targets.target_no = latest.target_no
left join names
    on targets.kind = 'system' and targets.unit_code = names.unit_code and targets.target = names.system_code
left join replicas on targets.kind = 'system' and targets.source = replicas.source and targets.target = replicas.system
