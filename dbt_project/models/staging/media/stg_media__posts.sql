-- Grain: one row per source and post, its newest version.
select
    source,
    post_id,
    page_id,
    page_name,
    message,
    description,
    link,
    permalink,
    created_at,
    n_reactions,
    n_comments,
    n_shares
from {{ source('raw', 'media__posts') }}
qualify row_number() over (partition by source, post_id order by received_at desc, record_hash asc) = 1
