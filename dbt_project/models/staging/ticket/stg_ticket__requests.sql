-- Grain: one row per source and request, its newest version.
-- Versions are ordered by updated_at; where the source dates no change, or two alike,
-- the one received last stands.
with versions as (
    select
        *,
        row_number() over (
            partition by source, request_id
            order by updated_at desc nulls last, received_at desc, status asc, record_hash asc
        ) as nth_newest,
        count(*) over (partition by source, request_id) as n_versions
    from {{ source('raw', 'ticket__requests') }}
)

select
    versions.source,
    versions.request_id,
    versions.status,
    versions.status_source,
    versions.status_notes,
    versions.service_code,
    versions.service_name,
    versions.description,
    versions.agency,
    versions.channel,
    coalesce(
        versions.unit_code,
        case when versions.is_located_surely then versions.located_code end
    ) as unit_code,
    case
        when versions.unit_code is not null then 'source'
        when versions.is_located_surely then 'address'
    end as unit_basis,
    versions.located_code,
    versions.located_from,
    versions.located_confidence,
    versions.duplicate_of,
    versions.requested_at,
    versions.updated_at,
    versions.expected_at,
    versions.closed_at,
    versions.lat,
    versions.long,
    versions.has_photo,
    versions.satisfaction,
    versions.is_closed_before_requested,
    versions.n_versions,
    {{ local_day('versions.requested_at', 'sources.time_zone') }} as requested_on,
    {{ local_day('versions.closed_at', 'sources.time_zone') }} as closed_on
from versions
left join {{ ref('stg_ops__sources') }} as sources on versions.source = sources.source
where versions.nth_newest = 1
