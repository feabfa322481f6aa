-- Grain: one row per source and publisher, as the register lists it now.
select
    source,
    outlet_id,
    name,
    kind,
    url,
    feed_url,
    owner,
    licence,
    expected_gap_h,
    listed_at
from {{ source('raw', 'media__outlets') }}
qualify row_number() over (partition by source, outlet_id order by received_at desc, record_hash asc) = 1
