-- Complete weeks of articles in the days shown: how many, how many were read by the model, and how they sound.
select
    cast(date_trunc('week', published_on) as date) as week,
    cast(sum(n_articles) as bigint) as n_articles,
    cast(sum(n_labelled) as bigint) as n_labelled,
    cast(sum(n_negative) as bigint) as n_negative,
    cast(sum(n_neutral) as bigint) as n_neutral,
    cast(sum(n_positive) as bigint) as n_positive
from marts.fct_tone_days
where list_contains($sources, source) and published_on between $first and $last
group by week
having count(distinct published_on) = 7
order by week
