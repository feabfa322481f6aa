-- Grain: one row per source, sitemap and address, as it was listed last.
select
    source,
    feed_id,
    url,
    modified_at,
    listed_at
from {{ source('raw', 'media__addresses') }}
qualify row_number() over (partition by source, feed_id, url order by received_at desc, record_hash asc) = 1
