-- Grain: one row per source, feed, article and task, as the newest model told it of the newest version.
select
    source,
    feed_id,
    article_id,
    task,
    label,
    probability,
    is_abstained,
    method,
    model_version,
    is_audited,
    published_at
from {{ source('raw', 'media__labels') }}
qualify
    row_number() over (
        partition by source, feed_id, article_id, task
        order by ingested_at desc, article_hash asc, model_version asc
    ) = 1
