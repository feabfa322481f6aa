-- Grain: one row per source and provincial day between its first and its last article.
-- A story counts on the day of its first article. Where the model abstained its likeliest label stands.
with articles as (
    select
        labelled.*,
        labelled.story_key is not null
        and row_number() over (
            partition by labelled.source, labelled.story_key
            order by labelled.published_at, labelled.feed_id, labelled.article_id
        ) = 1 as is_first_of_story
    from {{ ref('int_media__labelled') }} as labelled
    inner join {{ ref('int_source__clock') }} as clock on labelled.source = clock.source
    where labelled.published_on <= clock.as_of_on
),

days as (
    select
        source,
        {{ each_day('min(published_on)', 'max(published_on)') }} as published_on
    from articles
    group by source
)

select
    days.source,
    days.published_on,
    count(articles.article_id) as n_articles,
    count(articles.sentiment) as n_labelled,
    count(*) filter (where articles.sentiment = 'positive') as n_positive,
    count(*) filter (where articles.sentiment = 'negative') as n_negative,
    count(*) filter (where articles.sentiment = 'neutral') as n_neutral,
    count(articles.story_key) as n_compared,
    count(*) filter (where articles.is_first_of_story) as n_stories,
    clock.is_synthetic,
    clock.as_of
from days
inner join {{ ref('int_source__clock') }} as clock on days.source = clock.source
left join articles on days.source = articles.source and days.published_on = articles.published_on
group by days.source, days.published_on, clock.is_synthetic, clock.as_of
