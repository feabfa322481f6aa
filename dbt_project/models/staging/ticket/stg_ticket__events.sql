-- Grain: one row per source, request and event, after the history that the request's newest version tells.
-- A source that dates its changes sends the whole history with each version, so an older one is not mixed in.
with versions as (
    select
        *,
        max(updated_at) over (partition by source, request_id) as newest_at,
        row_number() over (
            partition by source, request_id, seq
            order by updated_at desc nulls last, received_at desc, record_hash asc
        ) as nth_newest
    from {{ source('raw', 'ticket__events') }}
)

select
    versions.source,
    versions.request_id,
    versions.seq,
    versions.event_type,
    types.stage,
    types.counts_as,
    versions.occurred_at,
    versions.agency,
    versions.is_out_of_order
from versions
left join {{ ref('ticket_event_types') }} as types on versions.event_type = types.code
where versions.nth_newest = 1 and versions.updated_at is not distinct from versions.newest_at
