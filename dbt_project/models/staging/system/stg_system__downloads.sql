-- Grain: one row per source and app, store and day of counting, as the newest report tells of it.
-- Of two reports that close at the same instant the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, app, store, counted_on
            order by reported_at desc, received_at desc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, app, store, counted_on) as n_versions
    from {{ source('raw', 'system__downloads') }}
)

select
    versions.source,
    versions.app,
    versions.store,
    versions.counted_on,
    versions.n_downloads,
    versions.n_installed,
    versions.n_monthly_users,
    versions.reported_at,
    versions.n_versions,
    {{ local_day('versions.reported_at', 'sources.time_zone') }} as reported_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
