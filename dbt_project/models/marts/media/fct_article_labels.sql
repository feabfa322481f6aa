-- Grain: one row per source, provincial day of publication, task, label and model.
-- Shares of labels mean little before `is_audited`; where the model abstained its likeliest label stands.
select
    articles.source,
    articles.published_on,
    labels.task,
    labels.label,
    labels.model_version,
    coalesce(audits.verdict <> 'chua_do', false) as is_audited,
    count(*) as n_articles,
    count(distinct stories.story_key) as n_stories,
    count(*) filter (where labels.is_abstained) as n_abstained,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_media__articles') }} as articles
inner join {{ ref('int_source__clock') }} as clock on articles.source = clock.source
inner join {{ ref('stg_media__labels') }} as labels
    on
        articles.source = labels.source
        and articles.feed_id = labels.feed_id
        and articles.article_id = labels.article_id
left join {{ ref('dim_audits') }} as audits
    on
        articles.source = audits.source
        and labels.model_version = audits.model_version
        and labels.task = 'sentiment'
left join {{ ref('stg_media__stories') }} as stories
    on
        articles.source = stories.source
        and articles.feed_id = stories.feed_id
        and articles.article_id = stories.article_id
group by all
