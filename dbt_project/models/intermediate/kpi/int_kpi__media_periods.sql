-- Grain: one row per KPI, source, grain and period.
-- M3P, M3N, M3U: corrected shares; numerator articles labelled, denominator articles audited. M5: accuracy,
-- M5R: recall of negative news, M5F: macro-F1, M5K: kappa; numerator hits, denominator articles. M7: 90th
-- percentile of the delay of collection in minutes; numerator articles, denominator feeds; what a feed held
-- before its first harvest was not collected late. M8: greatest z that lasted; numerator hours of alert,
-- denominator hours judged.
with delays as (
    select
        articles.source,
        articles.feed_id,
        articles.published_on,
        articles.is_published_at_missing,
        greatest(0, {{ hours_between('articles.published_at', 'articles.first_seen_at') }} * 60) as delay_min
    from {{ ref('int_media__articles') }} as articles
    where articles.published_at >= articles.feed_seen_at
),

delay_periods as (
    {{ day_periods('delays', 'published_on') }}
),

collected as (
    select
        delays.source,
        delay_periods.grain,
        delay_periods.period_start,
        count(*) filter (where not delays.is_published_at_missing) as n_articles,
        count(distinct delays.feed_id) as n_feeds,
        {{ quantile('case when not delays.is_published_at_missing then delays.delay_min end', 0.9) }} as p90_min,
        count(*) filter (where delays.is_published_at_missing) as n_undated
    from delays
    inner join delay_periods
        on delays.source = delay_periods.source and delays.published_on = delay_periods.published_on
    group by delays.source, delay_periods.grain, delay_periods.period_start
),

hour_periods as (
    {{ day_periods(ref('fct_negative_hours'), 'hour_on') }}
),

bursts as (
    select
        hours.source,
        hour_periods.grain,
        hour_periods.period_start,
        count(*) filter (where hours.is_alert) as n_alert_hours,
        count(hours.lasting_z) as n_hours,
        max(hours.lasting_z) as greatest_z
    from {{ ref('fct_negative_hours') }} as hours
    inner join hour_periods on hours.source = hour_periods.source and hours.hour_on = hour_periods.hour_on
    group by hours.source, hour_periods.grain, hour_periods.period_start
),

scores as (
    select
        source,
        grain,
        cast(period as date) as period_start,
        n_audited,
        n_correct,
        accuracy,
        macro_f1,
        kappa,
        n_negative_found,
        n_negative,
        negative_recall
    from {{ ref('int_media__audit_scores') }}
    where grain <> 'model'
),

figures as (
    select
        case label
            when 'positive' then 'M3P'
            when 'negative' then 'M3N'
            else 'M3U'
        end as code,
        source,
        grain,
        period_start,
        n_labelled as numerator,
        n_audited as denominator,
        share as value,
        least(share, share_low) as value_low,
        greatest(share, share_high) as value_high,
        null as n_missing
    from {{ ref('int_media__corrected_shares') }}
    union all
    {% for code, numerator, denominator, value in [
        ('M5', 'n_correct', 'n_audited', 'accuracy'),
        ('M5F', 'n_correct', 'n_audited', 'macro_f1'),
        ('M5K', 'n_correct', 'n_audited', 'kappa'),
        ('M5R', 'n_negative_found', 'n_negative', 'negative_recall'),
    ] %}
        select
            '{{ code }}' as code,
            source,
            grain,
            period_start,
            {{ numerator }} as numerator,
            {{ denominator }} as denominator,
            {{ value }} as value,
            null as value_low,
            null as value_high,
            null as n_missing
        from scores
        union all
    {% endfor %}
    select
        'M7' as code,
        source,
        grain,
        period_start,
        n_articles as numerator,
        n_feeds as denominator,
        p90_min as value,
        null as value_low,
        null as value_high,
        n_undated as n_missing
    from collected
    where n_articles > 0
    union all
    select
        'M8' as code,
        source,
        grain,
        period_start,
        n_alert_hours as numerator,
        n_hours as denominator,
        greatest_z as value,
        null as value_low,
        null as value_high,
        null as n_missing
    from bursts
)

select
    figures.code,
    figures.source,
    clock.unit_code,
    figures.grain,
    figures.period_start,
    figures.numerator,
    figures.denominator,
    figures.value,
    figures.value_low,
    figures.value_high,
    figures.n_missing
from figures
inner join {{ ref('int_source__clock') }} as clock on figures.source = clock.source
