-- Grain: one row per source, feed or page, and complete provincial day from its first item on.
-- Silence is judged at the end of the day.
with feeds as (
    select
        rhythm.*,
        clock.time_zone,
        clock.is_synthetic,
        clock.as_of,
        {{ each_day(local_day('rhythm.first_at', 'clock.time_zone'), 'clock.as_of_on - 1') }} as counted_on
    from {{ ref('int_media__feed_rhythm') }} as rhythm
    inner join {{ ref('int_source__clock') }} as clock on rhythm.source = clock.source
),

items as (
    select
        source,
        feed_id,
        published_on as counted_on,
        count(*) as n_items,
        max(published_at) as last_at
    from {{ ref('stg_media__articles') }}
    where not is_published_at_missing
    group by source, feed_id, published_on
    union all
    select
        posts.source,
        posts.page_id as feed_id,
        {{ local_day('posts.created_at', 'clock.time_zone') }} as counted_on,
        count(*) as n_items,
        max(posts.created_at) as last_at
    from {{ ref('stg_media__posts') }} as posts
    inner join {{ ref('int_source__clock') }} as clock on posts.source = clock.source
    group by posts.source, posts.page_id, {{ local_day('posts.created_at', 'clock.time_zone') }}
),

days as (
    select
        feeds.*,
        coalesce(items.n_items, 0) as n_items_of_day,
        coalesce(
            max(items.last_at) over (
                partition by feeds.source, feeds.feed_id
                order by feeds.counted_on rows between unbounded preceding and current row
            ),
            feeds.first_at
        ) as last_at
    from feeds
    left join items
        on
            feeds.source = items.source
            and feeds.feed_id = items.feed_id
            and feeds.counted_on = items.counted_on
),

judged as (
    select
        *,
        {{ hours_between('last_at', start_of_local_day('counted_on + 1', 'time_zone')) }} as silent_h
    from days
)

select
    source,
    feed_id,
    counted_on,
    outlet_name,
    cast(n_items_of_day as bigint) as n_items,
    last_at,
    allowed_silence_h,
    silent_h > allowed_silence_h as is_silent,
    is_synthetic,
    as_of
from judged
