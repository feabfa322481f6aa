-- Grain: one row per source and article; a link carried by several feeds of a source is one article.
-- Labels and their probabilities are a model's; where it abstained its likeliest label stands.
with labels as (
    select
        source,
        feed_id,
        article_id,
        max(case when task = 'sentiment' then label end) as sentiment,
        max(case when task = 'sentiment' then probability end) as sentiment_probability,
        coalesce(bool_or(task = 'sentiment' and is_abstained), false) as is_sentiment_abstained,
        max(case when task = 'sentiment' then model_version end) as model_version,
        max(case when task = 'topic' then label end) as topic,
        max(case when task = 'topic' then probability end) as topic_probability
    from {{ ref('stg_media__labels') }}
    group by source, feed_id, article_id
)

select
    articles.source,
    articles.feed_id,
    articles.article_id,
    articles.feed_title,
    articles.headline,
    articles.url,
    articles.published_at,
    articles.published_on,
    articles.is_published_at_missing,
    articles.first_seen_at,
    labels.sentiment,
    labels.sentiment_probability,
    labels.is_sentiment_abstained,
    labels.topic,
    labels.topic_probability,
    labels.model_version,
    coalesce(audits.verdict <> 'chua_do', false) as is_audited,
    stories.story_key,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_media__articles') }} as articles
inner join {{ ref('int_source__clock') }} as clock on articles.source = clock.source
left join labels
    on
        articles.source = labels.source
        and articles.feed_id = labels.feed_id
        and articles.article_id = labels.article_id
left join {{ ref('dim_audits') }} as audits
    on articles.source = audits.source and labels.model_version = audits.model_version
left join {{ ref('stg_media__stories') }} as stories
    on
        articles.source = stories.source
        and articles.feed_id = stories.feed_id
        and articles.article_id = stories.article_id
