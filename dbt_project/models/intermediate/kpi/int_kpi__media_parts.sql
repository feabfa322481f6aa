-- Grain: one row per KPI, source and provincial day between the source's first and last article; M9: of
-- flagged news.
-- n_missing: articles not compared yet (M1S), not labelled yet (M2, M4), news whose time to answer is not
-- over (M9).
with days as (
    select
        facts.*,
        clock.unit_code,
        sum(facts.n_labelled) over (partition by facts.source) > 0 as has_labels,
        sum(facts.n_compared) over (partition by facts.source) > 0 as has_stories
    from {{ ref('fct_tone_days') }} as facts
    inner join {{ ref('int_source__clock') }} as clock on facts.source = clock.source
),

responses as (
    select
        responses.source,
        clock.unit_code,
        responses.flagged_on,
        clock.as_of,
        {{ hours_between('responses.flagged_at', 'responses.responded_at') }} as response_h,
        {{ hours_between('responses.flagged_at', 'clock.as_of') }} as age_h,
        parameters.value as limit_h
    from {{ ref('stg_media__responses') }} as responses
    inner join {{ ref('int_source__clock') }} as clock on responses.source = clock.source
    inner join {{ ref('kpi_parameters') }} as parameters
        on
            parameters.code = 'M9'
            and parameters.name = 'limit_hours'
            and responses.flagged_on >= parameters.valid_from
            and responses.flagged_on <= coalesce(parameters.valid_to, responses.flagged_on)
    where responses.flagged_at < clock.as_of
),

flagged as (
    select
        source,
        unit_code,
        flagged_on,
        count(*) filter (where response_h <= limit_h) as n_in_time,
        count(*) filter (where response_h is not null or age_h > limit_h) as n_judged,
        count(*) filter (where response_h is null and age_h <= limit_h) as n_waiting
    from responses
    group by source, unit_code, flagged_on
),

flagged_days as (
    select
        source,
        unit_code,
        {{ each_day('min(flagged_on)', 'max(flagged_on)') }} as flagged_on
    from flagged
    group by source, unit_code
)

select
    'M1' as code,
    source,
    unit_code,
    published_on as counted_on,
    n_articles as numerator,
    null as numerator_high,
    null as denominator,
    null as n_missing
from days
union all
select
    'M1S' as code,
    source,
    unit_code,
    published_on as counted_on,
    n_stories as numerator,
    null as numerator_high,
    null as denominator,
    n_articles - n_compared as n_missing
from days
where has_stories
union all
{% for code, label in [
    ('M2P', 'n_positive'),
    ('M2N', 'n_negative'),
    ('M2U', 'n_neutral'),
    ('M4', 'n_positive - n_negative'),
] %}
    select
        '{{ code }}' as code,
        source,
        unit_code,
        published_on as counted_on,
        {{ label }} as numerator,
        null as numerator_high,
        n_labelled as denominator,
        n_articles - n_labelled as n_missing
    from days
    where has_labels
    union all
{% endfor %}
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
union all
select
    'M9' as code,
    flagged_days.source,
    flagged_days.unit_code,
    flagged_days.flagged_on as counted_on,
    coalesce(flagged.n_in_time, 0) as numerator,
    null as numerator_high,
    coalesce(flagged.n_judged, 0) as denominator,
    coalesce(flagged.n_waiting, 0) as n_missing
from flagged_days
left join flagged on flagged_days.source = flagged.source and flagged_days.flagged_on = flagged.flagged_on
