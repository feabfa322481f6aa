-- What became of the reports of one source received in a period, neither spam nor repetitions.
-- A unit or channels narrow them down; null and an empty list do not.
with inside as (
    select
        code,
        valid_from,
        valid_to
    from marts.bridge_place_containers
    where container_code = $unit and container_valid_from = $unit_valid_from::date and is_exact
),

tickets as (
    select t.*
    from marts.fct_tickets as t
    left join inside as i on t.counted_unit_code = i.code and t.requested_on between i.valid_from and i.valid_to
    where
        t.source = $source
        and t.is_counted
        and t.requested_on between $first::date and $last::date
        and ($unit is null or i.code is not null)
        and (len($channels::varchar []) = 0 or list_contains($channels::varchar [], replace(t.channel, ',', ' ')))
)

select
    count(*) as n_received,
    count(*) filter (where is_resolved) as n_resolved,
    count(*) filter (where not is_resolved) as n_open,
    count(*) filter (where is_overdue) as n_overdue,
    count(*) filter (where is_closed_before_requested) as n_time_order
from tickets
