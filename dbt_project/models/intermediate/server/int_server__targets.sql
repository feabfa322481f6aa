-- Grain: one row per source, kind and watched server or shared system, with the grid its measurements stand on.
{{ config(materialized='table') }}

with first_measured as (
    select
        source,
        kind,
        target,
        min(measured_us) as anchor_us
    from {{ ref('int_server__measurements') }}
    group by source, kind, target
)

select
    first_measured.source,
    first_measured.kind,
    first_measured.target,
    {{ stable_number("first_measured.source || ' ' || first_measured.kind || ' ' || first_measured.target") }}
        as target_no,
    first_measured.anchor_us,
    clock.step_s * 1000000 as step_us,
    {{ epoch_us('clock.as_of') }} as as_of_us,
    clock.as_of_on,
    clock.time_zone,
    clock.unit_code
from first_measured
inner join {{ ref('int_source__clock') }} as clock on first_measured.source = clock.source
