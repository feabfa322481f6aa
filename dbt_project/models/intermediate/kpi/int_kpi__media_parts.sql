-- Grain: one row per KPI, source and provincial day between the source's first and last article.
with articles as (
    select
        facts.source,
        clock.unit_code,
        facts.published_on,
        sum(facts.n_articles) as n_articles
    from {{ ref('fct_article_days') }} as facts
    inner join {{ ref('int_source__clock') }} as clock on facts.source = clock.source
    where facts.published_on <= clock.as_of_on
    group by facts.source, clock.unit_code, facts.published_on
),

days as (
    select
        source,
        unit_code,
        {{ each_day('min(published_on)', 'max(published_on)') }} as counted_on
    from articles
    group by source, unit_code
)

select
    'M1' as code,
    days.source,
    days.unit_code,
    days.counted_on,
    coalesce(articles.n_articles, 0) as numerator,
    null as numerator_high,
    null as denominator,
    null as n_missing
from days
left join articles on days.source = articles.source and days.counted_on = articles.published_on
union all
select
    'M6' as code,
    days.source,
    clock.unit_code,
    days.counted_on,
    count(*) filter (where days.is_silent) as numerator,
    null as numerator_high,
    count(*) as denominator,
    null as n_missing
from {{ ref('fct_feed_days') }} as days
inner join {{ ref('int_source__clock') }} as clock on days.source = clock.source
where days.is_silent is not null
group by days.source, clock.unit_code, days.counted_on
