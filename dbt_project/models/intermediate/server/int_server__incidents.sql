-- Grain: one row per watched server or shared system and unbroken run of slots that were not up.
-- Slots of approved maintenance and slots without a measurement neither end a run nor belong to it; a run
-- ends at the next slot that is up. Shorter runs than the minimum of the day they began (seed kpi_parameters,
-- S4) are no incident.
with slots as (
    select
        *,
        sum(case when is_up then 1 else 0 end) over (
            partition by target_no order by slot rows between unbounded preceding and current row
        ) as run_no
    from {{ ref('int_server__slots') }}
    where not is_in_maintenance
),

runs as (
    select
        target_no,
        run_no,
        min(slot_us) filter (where not is_up) as start_us,
        max(slot_us) filter (where not is_up) as last_us,
        count(*) filter (where not is_up) as n_down
    from slots
    group by target_no, run_no
    having count(*) filter (where not is_up) > 0
),

-- a run carries the number of the slots up before it, so the next up slot opens the next number
ups as (
    select
        target_no,
        run_no - 1 as run_no,
        slot_us as end_us
    from slots
    where is_up
),

incidents as (
    select
        targets.source,
        targets.kind,
        targets.target,
        targets.time_zone,
        targets.step_us,
        {{ instant('runs.start_us') }} as started_at,
        {{ instant('ups.end_us') }} as ended_at,
        {{ local_day(instant('runs.start_us'), 'targets.time_zone') }} as started_on,
        runs.n_down,
        runs.n_down * targets.step_us / 60e6 as down_minutes
    from runs
    inner join {{ ref('int_server__targets') }} as targets on runs.target_no = targets.target_no
    left join ups on runs.target_no = ups.target_no and runs.run_no = ups.run_no
)

select
    incidents.source,
    incidents.kind,
    incidents.target,
    incidents.started_at,
    incidents.ended_at,
    incidents.started_on,
    incidents.n_down,
    incidents.down_minutes
from incidents
inner join {{ ref('kpi_parameters') }} as parameters
    on
        parameters.code = 'S4'
        and parameters.name = 'min_incident_minutes'
        and incidents.started_on >= parameters.valid_from
        and incidents.started_on <= coalesce(parameters.valid_to, incidents.started_on)
where incidents.down_minutes >= parameters.value
