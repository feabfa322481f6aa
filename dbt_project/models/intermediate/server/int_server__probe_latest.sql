-- Grain: one row per source and probe target, as it was last seen.
select
    source,
    instance,
    arg_max(system, sampled_at) as system,
    max(sampled_at) filter (where is_success is not null) as probed_at,
    arg_max(is_success, sampled_at) as is_success,
    arg_max(http_status_code, sampled_at) filter (where is_success is not null) as http_status_code,
    max(sampled_at) filter (where is_success) as last_success_at,
    arg_max(certificate_expires_at, sampled_at) as certificate_expires_at
from {{ ref('stg_server__probes') }}
group by source, instance
