-- Grain: one row per source, report and event of its handling, as the report's newest version tells it.
select
    events.source,
    events.request_id,
    events.seq,
    events.event_type,
    events.stage,
    events.occurred_at,
    events.agency,
    events.is_out_of_order,
    clock.is_synthetic
from {{ ref('stg_ticket__events') }} as events
inner join {{ ref('int_source__clock') }} as clock on events.source = clock.source
