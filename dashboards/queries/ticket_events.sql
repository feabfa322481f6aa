-- What happened to one report, in the order its source tells it.
select
    e.seq,
    e.event_type,
    t.name_vi,
    t.name_en,
    e.occurred_at,
    e.agency,
    e.is_out_of_order
from marts.fct_ticket_events as e
left join seeds.ticket_event_types as t on e.event_type = t.code
where e.source = $source and e.request_id = $request
order by e.seq
