-- Grain: one row per source, counted request and unit it counts at:
-- its finest unit known, those above it up to the source's jurisdiction, and the jurisdiction itself.
with tickets as (
    select
        source,
        request_id,
        jurisdiction_code,
        counted_unit_code,
        requested_on
    from {{ ref('fct_tickets') }}
    where is_counted
)

select
    source,
    request_id,
    jurisdiction_code as unit_code
from tickets
union
select
    tickets.source,
    tickets.request_id,
    lies_in.ancestor_code as unit_code
from tickets
inner join {{ ref('int_place__ancestors') }} as lies_in
    on
        tickets.counted_unit_code = lies_in.code
        and tickets.requested_on between lies_in.valid_from and lies_in.valid_to
inner join {{ ref('int_place__ancestors') }} as within
    on
        lies_in.ancestor_code = within.code
        and tickets.jurisdiction_code = within.ancestor_code
        and tickets.requested_on between within.valid_from and within.valid_to
