-- Topics of the articles published in the days shown, most articles first, with how they sound.
select
    topic,
    count(*) filter (where sentiment = 'negative') as n_negative,
    count(*) filter (where sentiment = 'neutral') as n_neutral,
    count(*) filter (where sentiment = 'positive') as n_positive,
    count(*) as n_articles
from marts.fct_articles
where list_contains($sources, source) and published_on between $first and $last and topic is not null
group by topic
order by n_articles desc, topic
