-- Grain: one row per KPI, source and provincial day.
-- n_missing are the measurements that should have come and did not; approved maintenance is not expected (S2,
-- S3, S5, W1). An incident counts on the day it began, with all its down time (S4) or as an end of the up
-- time (S4B).
with watched as (
    select
        source,
        'host' as kind,
        instance as target,
        sampled_on as counted_on,
        n_up,
        n_received,
        n_expected,
        n_missing,
        n_maintenance,
        n_up_outside,
        n_missing_outside
    from {{ ref('fct_server_days') }}
    union all
    select
        source,
        'system' as kind,
        system as target,
        probed_on as counted_on,
        n_up,
        n_received,
        n_expected,
        n_missing,
        n_maintenance,
        n_up_outside,
        n_missing_outside
    from {{ ref('fct_system_days') }}
),

-- the portal is a shared system that the seed names
groups as (
    select
        watched.*,
        watched.kind as group_name
    from watched
    union all
    select
        watched.*,
        'portal' as group_name
    from watched
    inner join {{ ref('kpi_objects') }} as portals
        on
            portals.code = 'W1'
            and watched.target = portals.object
            and watched.counted_on >= portals.valid_from
            and watched.counted_on <= coalesce(portals.valid_to, watched.counted_on)
    where watched.kind = 'system'
),

days as (
    select
        groups.source,
        clock.unit_code,
        clock.step_s,
        groups.group_name,
        groups.counted_on,
        sum(groups.n_up) as n_up,
        sum(groups.n_received) as n_received,
        sum(groups.n_expected) as n_expected,
        sum(groups.n_missing) as n_missing,
        sum(groups.n_up_outside) as n_up_outside,
        sum(groups.n_missing_outside) as n_missing_outside,
        sum(groups.n_expected - groups.n_maintenance) as n_expected_outside
    from groups
    inner join {{ ref('int_source__clock') }} as clock on groups.source = clock.source
    group by groups.source, clock.unit_code, clock.step_s, groups.group_name, groups.counted_on
),

incidents as (
    select
        source,
        started_on,
        count(*) as n_incidents,
        sum(down_minutes) / 60 as down_hours
    from {{ ref('fct_incidents') }}
    where kind = 'host'
    group by source, started_on
),

server_days as (
    select
        days.*,
        coalesce(incidents.n_incidents, 0) as n_incidents,
        coalesce(incidents.down_hours, 0) as down_hours
    from days
    left join incidents on days.source = incidents.source and days.counted_on = incidents.started_on
    where days.group_name = 'host'
),

budgets as (
    select
        days.*,
        (1 - parameters.value) * days.n_expected_outside as n_allowed
    from server_days as days
    inner join {{ ref('kpi_parameters') }} as parameters
        on
            parameters.code = 'S5'
            and parameters.name = 'availability_objective'
            and days.counted_on >= parameters.valid_from
            and days.counted_on <= coalesce(parameters.valid_to, days.counted_on)
),

planned as (
    select
        backups.source,
        clock.unit_code,
        backups.planned_on,
        backups.kind,
        count(*) filter (where backups.is_successful) as n_successful,
        count(*) as n_planned,
        count(*) filter (where backups.is_successful is null) as n_untold
    from {{ ref('stg_system__backups') }} as backups
    inner join {{ ref('int_source__clock') }} as clock on backups.source = clock.source
    where backups.planned_on < clock.as_of_on
    group by backups.source, clock.unit_code, backups.planned_on, backups.kind
),

planned_days as (
    select
        source,
        unit_code,
        kind,
        {{ each_day('min(planned_on)', 'max(planned_on)') }} as planned_on
    from planned
    group by source, unit_code, kind
)

select
    'S1' as code,
    source,
    unit_code,
    counted_on,
    n_received as numerator,
    null as numerator_high,
    n_expected as denominator,
    n_missing
from days
where group_name = 'host'
union all
select
    case group_name
        when 'host' then 'S2'
        when 'system' then 'S3'
        else 'W1'
    end as code,
    source,
    unit_code,
    counted_on,
    n_up_outside as numerator,
    n_up_outside + n_missing_outside as numerator_high,
    n_expected_outside as denominator,
    n_missing_outside as n_missing
from days
union all
select
    'S4' as code,
    source,
    unit_code,
    counted_on,
    down_hours as numerator,
    null as numerator_high,
    n_incidents as denominator,
    n_missing_outside as n_missing
from server_days
union all
select
    'S4B' as code,
    source,
    unit_code,
    counted_on,
    n_up * step_s / 3600.0 as numerator,
    null as numerator_high,
    n_incidents as denominator,
    n_missing_outside as n_missing
from server_days
union all
select
    'S5' as code,
    source,
    unit_code,
    counted_on,
    n_allowed - (n_expected_outside - n_up_outside) as numerator,
    n_allowed - (n_expected_outside - n_up_outside - n_missing_outside) as numerator_high,
    n_allowed as denominator,
    n_missing_outside as n_missing
from budgets
union all
select
    case planned_days.kind when 'backup' then 'S8' else 'S8R' end as code,
    planned_days.source,
    planned_days.unit_code,
    planned_days.planned_on as counted_on,
    coalesce(planned.n_successful, 0) as numerator,
    null as numerator_high,
    coalesce(planned.n_planned, 0) as denominator,
    coalesce(planned.n_untold, 0) as n_missing
from planned_days
left join planned
    on
        planned_days.source = planned.source
        and planned_days.kind = planned.kind
        and planned_days.planned_on = planned.planned_on
