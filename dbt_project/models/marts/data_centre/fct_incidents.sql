-- Grain: one row per source, server or shared system, and incident.
select
    incidents.source,
    incidents.kind,
    incidents.target,
    incidents.started_at,
    incidents.ended_at,
    incidents.started_on,
    cast(incidents.down_minutes as double) as down_minutes,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_server__incidents') }} as incidents
inner join {{ ref('int_source__clock') }} as clock on incidents.source = clock.source
