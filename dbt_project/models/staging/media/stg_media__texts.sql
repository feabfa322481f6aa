-- Grain: one row per source and page, its newest text.
select
    source,
    url,
    title,
    text,
    n_characters,
    is_short,
    fetched_at
from {{ source('raw', 'media__texts') }}
qualify row_number() over (partition by source, url order by received_at desc, record_hash asc) = 1
