-- Grain: one row per source and host of the newest export.
with exports as (
    select
        *,
        max(exported_at) over (partition by source) as newest_at
    from {{ source('raw', 'server__hosts') }}
)

select
    source,
    host,
    name,
    status,
    group_names,
    template_names,
    interfaces,
    n_interfaces,
    exported_at
from exports
where exported_at = newest_at
