-- Publications to look back at, newest first, one per snapshot of the lake.
select
    snapshot_id,
    max(published_at) as published_at
from kpi.kpi_history
group by snapshot_id
order by published_at desc
limit 200
