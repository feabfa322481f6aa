-- Grain: one row per source and host of the present inventory.
select
    hosts.source,
    hosts.host,
    hosts.name,
    hosts.status = 'enabled' as is_monitored,
    hosts.group_names,
    hosts.template_names,
    hosts.interfaces,
    hosts.n_interfaces,
    hosts.exported_at,
    sources.is_synthetic
from {{ ref('stg_server__hosts') }} as hosts
inner join {{ ref('stg_ops__sources') }} as sources on hosts.source = sources.source
