-- Grain: one row per source and probe target, as it was last seen.
select
    source,
    instance,
    {{ at_latest('system', 'sampled_at') }} as system,
    max(sampled_at) filter (where is_success is not null) as probed_at,
    {{ at_latest('is_success', 'sampled_at') }} as is_success,
    {{ at_latest('http_status_code', 'sampled_at') }} filter (where is_success is not null) as http_status_code,
    max(sampled_at) filter (where is_success) as last_success_at,
    {{ at_latest('certificate_expires_at', 'sampled_at') }} as certificate_expires_at
from {{ ref('stg_server__probes') }}
group by source, instance
