-- What the accounts say of the raw tables above a figure: rows of its source, batches, span of their events.
select
    table_name,
    cast(sum(n_accepted) as bigint) as n_accepted,
    count(distinct batch_id) as n_batches,
    min(event_min_at) as first_at,
    max(event_max_at) as last_at
from ops.batches
where source = $source and list_contains($models, 'raw.' || table_name)
group by table_name
order by table_name
