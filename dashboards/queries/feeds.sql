-- Feeds and pages in the days shown: items, days of silence, newest item; those silent at the end first. With how many
-- feeds there are and how many of them are silent.
with days as (
    select
        *,
        max(counted_on) over (partition by source) as last_on
    from marts.fct_feed_days
    where list_contains($sources, source) and counted_on between $first and $last
),

titles as (
    select
        feed_id,
        max(feed_title) as feed_title
    from marts.fct_articles
    where list_contains($sources, source)
    group by feed_id
),

feeds as (
    select
        coalesce(max(days.outlet_name), max(titles.feed_title), days.feed_id) as feed,
        cast(sum(days.n_items) as bigint) as n_items,
        max(days.last_at) as last_at,
        max(days.allowed_silence_h) as allowed_silence_h,
        count(*) filter (where days.is_silent) as n_silent_days,
        count(days.is_silent) as n_judged_days,
        bool_or(days.is_silent) filter (where days.counted_on = days.last_on) as is_silent
    from days
    left join titles on days.feed_id = titles.feed_id
    group by days.source, days.feed_id
)

select
    *,
    count(*) over () as n_feeds,
    count(*) filter (where is_silent) over () as n_silent
from feeds
order by coalesce(is_silent, false) desc, n_silent_days desc, n_items desc, feed
limit $limit
