-- Grain: one row per source and article, with the sentiment the model gave it and the story it repeats, where
-- there are.
select
    articles.source,
    articles.feed_id,
    articles.article_id,
    articles.published_at,
    articles.published_on,
    labels.label as sentiment,
    labels.model_version,
    stories.story_key
from {{ ref('int_media__articles') }} as articles
left join {{ ref('stg_media__labels') }} as labels
    on
        articles.source = labels.source
        and articles.feed_id = labels.feed_id
        and articles.article_id = labels.article_id
        and labels.task = 'sentiment'
left join {{ ref('stg_media__stories') }} as stories
    on
        articles.source = stories.source
        and articles.feed_id = stories.feed_id
        and articles.article_id = stories.article_id
