-- Use of one server by day: 95th percentile of processors and memory, and the fullest of its disks. Any source of the
-- sources may have measured it.
select
    measured_on,
    max(p95_used) filter (where resource = 'cpu') as cpu,
    max(p95_used) filter (where resource = 'memory') as memory,
    max(p95_used) filter (where resource = 'disk') as disk
from marts.fct_usage_days
where list_contains($sources, source) and instance = $server and measured_on between $first and $last
group by measured_on
order by measured_on
