-- Grain: one row per source and service of the newest service list.
with lists as (
    select
        *,
        max(listed_at) over (partition by source) as newest_at
    from {{ source('raw', 'ticket__services') }}
)

select
    source,
    service_code,
    service_name,
    description,
    group_name,
    keywords,
    service_type,
    has_metadata,
    listed_at
from lists
where listed_at = newest_at
