-- Articles published in the days shown, newest first, of one tone or of all, with how many tell the same story.
with stories as (
    select
        story_key,
        count(*) as n_articles
    from marts.fct_articles
    where list_contains($sources, source) and story_key is not null
    group by story_key
)

select
    a.headline,
    coalesce(a.feed_title, a.feed_id) as feed,
    a.url,
    a.published_at,
    a.is_published_at_missing,
    a.first_seen_at,
    a.sentiment,
    a.sentiment_probability,
    a.is_sentiment_abstained,
    a.topic,
    a.topic_probability,
    a.model_version,
    a.is_audited,
    a.story_key,
    s.n_articles as n_story,
    count(*) over () as n_found
from marts.fct_articles as a
left join stories as s on a.story_key = s.story_key
where
    list_contains($sources, a.source)
    and a.published_on between $first and $last
    and ($sentiment::varchar is null or a.sentiment = $sentiment)
order by a.published_at desc, a.feed_id, a.article_id
limit $limit
