-- Grain: one row per source, administrative unit and day since which it holds, as received last.
with versions as (
    select
        *,
        row_number() over (
            partition by source, code, valid_from
            order by received_at desc, ingested_at desc, record_hash asc
        ) as nth_newest
    from {{ source('raw', 'place__units') }}
)

select
    source,
    code,
    valid_from,
    valid_to,
    level,
    name_vi,
    type_vi,
    type_source,
    name_key,
    parent_code,
    parent_name_vi,
    parent_name_key,
    received_at
from versions
where nth_newest = 1
