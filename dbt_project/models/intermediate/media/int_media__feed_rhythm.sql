-- Grain: one row per source and feed or page, with the silence it is allowed.
-- The register's word on a rhythm goes before what was observed; with neither, silence cannot be told.
with items as (
    select
        source,
        feed_id,
        published_at
    from {{ ref('stg_media__articles') }}
    where not is_published_at_missing
    union all
    select
        source,
        page_id as feed_id,
        created_at as published_at
    from {{ ref('stg_media__posts') }}
),

ordered as (
    select
        *,
        lag(published_at) over (partition by source, feed_id order by published_at) as previous_at
    from items
),

gaps as (
    select
        *,
        {{ hours_between('previous_at', 'published_at') }} as gap_h
    from ordered
),

observed as (
    select
        source,
        feed_id,
        min(published_at) as first_at,
        count(*) as n_items,
        count(gap_h) as n_gaps,
        median(gap_h) as median_gap_h
    from gaps
    group by source, feed_id
),

-- Who is registered with a rhythm and has never brought an item is silent from the day it was listed on.
never_seen as (
    select
        outlets.source,
        outlets.feed_url as feed_id,
        outlets.listed_at as first_at,
        0 as n_items,
        0 as n_gaps,
        null as median_gap_h
    from {{ ref('stg_media__outlets') }} as outlets
    left join observed on outlets.feed_url = observed.feed_id
    where outlets.feed_url is not null and outlets.expected_gap_h is not null and observed.feed_id is null
),

feeds as (
    select * from observed
    union all
    select * from never_seen
),

registered as (
    select
        feed_url,
        max(name) as outlet_name,
        min(expected_gap_h) as expected_gap_h
    from {{ ref('stg_media__outlets') }}
    where feed_url is not null
    group by feed_url
),

parameters as (
    select
        max(case when name = 'gap_multiple' then value end) as gap_multiple,
        max(case when name = 'min_silence_hours' then value end) as min_silence_hours,
        max(case when name = 'min_gaps' then value end) as min_gaps
    from {{ ref('kpi_parameters') }}
    where code = 'M6' and valid_to is null
)

select
    feeds.source,
    feeds.feed_id,
    registered.outlet_name,
    feeds.first_at,
    feeds.n_items,
    feeds.median_gap_h,
    registered.expected_gap_h,
    case
        when registered.expected_gap_h is not null or feeds.n_gaps >= parameters.min_gaps
            then greatest(
                parameters.gap_multiple * coalesce(registered.expected_gap_h, feeds.median_gap_h),
                parameters.min_silence_hours
            )
    end as allowed_silence_h
from feeds
cross join parameters
left join registered on feeds.feed_id = registered.feed_url
