-- Reports of one source received in a period by field, neither spam nor repetitions, most reported first.
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
    coalesce(service_name, service_code) as service,
    count(*) as n_received,
    count(*) filter (where is_resolved) as n_resolved,
    count(*) filter (where not is_resolved) as n_open,
    count(*) filter (where is_overdue) as n_overdue,
    count(*) filter (where is_resolved) / count(*) as rate
from tickets
group by all
order by n_received desc, service
limit $limit
