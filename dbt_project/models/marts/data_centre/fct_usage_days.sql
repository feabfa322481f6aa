-- Grain: one row per source, server, resource, part of it and provincial day with a measurement.
select
    usage.source,
    usage.instance,
    usage.resource,
    usage.part,
    usage.measured_on,
    count(usage.used) as n_values,
    avg(usage.used) as mean_used,
    {{ quantile('usage.used', 0.95) }} as p95_used,
    max(usage.used) as max_used,
    avg(usage.free_bytes) as mean_free_bytes,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_server__usage') }} as usage
inner join {{ ref('int_source__clock') }} as clock on usage.source = clock.source
group by
    usage.source,
    usage.instance,
    usage.resource,
    usage.part,
    usage.measured_on,
    clock.is_synthetic,
    clock.as_of
