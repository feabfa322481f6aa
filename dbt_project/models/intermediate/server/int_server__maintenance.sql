-- Grain: one row per watched server or shared system and stretch of approved maintenance; stretches do not
-- overlap.
-- A window speaks for the servers and systems of all sources of its unit. Approved after it began, it does
-- not count.
{{ config(materialized='table') }}

with windows as (
    select
        targets.target_no,
        {{ epoch_us('maintenance.started_at') }} as start_us,
        {{ epoch_us('maintenance.ended_at') }} as end_us
    from {{ ref('stg_system__maintenance') }} as maintenance
    inner join {{ ref('int_source__clock') }} as clock on maintenance.source = clock.source
    inner join {{ ref('int_server__targets') }} as targets
        on clock.unit_code = targets.unit_code and maintenance.target in (targets.target, '*')
    where
        maintenance.approved_by is not null
        and coalesce(maintenance.approved_at <= maintenance.started_at, true)
        and maintenance.ended_at > maintenance.started_at
),

-- a window that begins after all earlier ones have ended opens a new stretch
marked as (
    select
        *,
        coalesce(
            start_us > max(end_us) over (
                partition by target_no
                order by start_us, end_us rows between unbounded preceding and 1 preceding
            ),
            true
        ) as is_first
    from windows
),

numbered as (
    select
        *,
        sum(case when is_first then 1 else 0 end) over (
            partition by target_no order by start_us, end_us rows between unbounded preceding and current row
        ) as stretch_no
    from marked
)

select
    target_no,
    min(start_us) as start_us,
    max(end_us) as end_us
from numbered
group by target_no, stretch_no
