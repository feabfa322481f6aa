-- Grain: one row per source and shared system, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, system_code
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, system_code) as n_versions
    from {{ source('raw', 'system__inventory') }}
)

select
    versions.source,
    versions.system_code,
    versions.system_name,
    versions.owner_unit,
    versions.operator_unit,
    versions.url,
    versions.commissioned_on,
    versions.retired_on,
    versions.security_level,
    versions.is_in_data_centre,
    versions.is_on_sharing_platform,
    versions.n_servers,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
