-- Grain: one row per source, counted request and unit it counts at: the jurisdiction, and every unit of any time whose
-- territory it lies in and that is told exactly. So waits and stocks are restated to other boundaries from their rows.
select
    tickets.source,
    tickets.request_id,
    units.unit_code,
    units.unit_valid_from
from {{ ref('fct_tickets') }} as tickets
inner join {{ ref('int_source__units') }} as units
    on
        tickets.source = units.source
        and (tickets.counted_unit_code = units.told_code or units.unit_level = 'jurisdiction')
        and tickets.requested_on between units.told_from and units.told_to
where tickets.is_counted
