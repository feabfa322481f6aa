-- The latest harvests, newest first.
select
    source,
    slug,
    status,
    error,
    n_payloads,
    started_at,
    epoch(finished_at) - epoch(started_at) as seconds
from ops.harvests
order by started_at desc, source
limit $limit
