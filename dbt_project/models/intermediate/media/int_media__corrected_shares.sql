-- Grain: one row per source, grain (week and coarser), period and class.
-- Predicted shares p are the true shares t as the model sees them: p_j = sum over i of t_i * P(predicted j |
-- true i). The matrix is measured on all audited articles of the source's present model; t solves the three
-- equations (Cramer), is cut to 0..1 and scaled to one. The articles of the period are all there are, so only
-- the audit is drawn again: the interval is the 2.5th to 97.5th percentile of a Poisson bootstrap whose draws
-- are a hash, the same in every build.
with audited as (
    select
        audited.*,
        row_number() over (
            partition by audited.source order by audited.feed_id, audited.article_id
        ) as row_no
    from {{ ref('int_media__audited') }} as audited
    inner join {{ ref('dim_audits') }} as audits
        on audited.source = audits.source and audited.model_version = audits.model_version
    where audits.verdict <> 'chua_do'
),

replicates as (
    select {{ each_number(0, 'cast(max(value) as bigint)') }} as replicate
    from {{ ref('kpi_parameters') }}
    where code = 'M3P' and name = 'replicates' and valid_to is null
),

draws as (
    select
        audited.source,
        audited.gold,
        audited.predicted,
        replicates.replicate,
        case replicates.replicate
            when 0 then 1
            else {{ poisson_one(hashed_fraction("concat_ws(' ', audited.row_no, replicates.replicate)")) }}
        end as weight
    from audited
    cross join replicates
),

rates as (
    select
        {% for gold in ['positive', 'negative', 'neutral'] %}
            {% for predicted in ['positive', 'negative', 'neutral'] %}
                sum(case when gold = '{{ gold }}' and predicted = '{{ predicted }}' then weight else 0 end)
                / nullif(sum(case when gold = '{{ gold }}' then weight else 0 end), 0)
                    as {{ gold }}_as_{{ predicted }},
            {% endfor %}
        {% endfor %}
        source,
        replicate
    from draws
    group by source, replicate
),

days as (
    select *
    from {{ ref('fct_tone_days') }}
    where source in (select audited.source from audited)
),

day_periods as (
    {{ day_periods('days', 'published_on') }}
),

predicted as (
    select
        days.source,
        day_periods.grain,
        day_periods.period_start,
        sum(days.n_labelled) as n_labelled,
        sum(days.n_positive) / nullif(sum(days.n_labelled), 0) as positive,
        sum(days.n_negative) / nullif(sum(days.n_labelled), 0) as negative,
        sum(days.n_neutral) / nullif(sum(days.n_labelled), 0) as neutral
    from days
    inner join day_periods
        on days.source = day_periods.source and days.published_on = day_periods.published_on
    where day_periods.grain <> 'day'
    group by days.source, day_periods.grain, day_periods.period_start
),

{% set as_seen = {} %}
{% for gold in ['positive', 'negative', 'neutral'] %}
    {% do as_seen.update({gold: [
        'rates.' ~ gold ~ '_as_positive', 'rates.' ~ gold ~ '_as_negative', 'rates.' ~ gold ~ '_as_neutral'
    ]}) %}
{% endfor %}
{% set whole = determinant(as_seen['positive'], as_seen['negative'], as_seen['neutral']) %}
{% set seen = ['predicted.positive', 'predicted.negative', 'predicted.neutral'] %}
solved as (
    select
        predicted.source,
        predicted.grain,
        predicted.period_start,
        predicted.n_labelled,
        rates.replicate,
        {{ determinant(seen, as_seen['negative'], as_seen['neutral']) }}
        / nullif({{ whole }}, 0) as positive,
        {{ determinant(as_seen['positive'], seen, as_seen['neutral']) }}
        / nullif({{ whole }}, 0) as negative,
        {{ determinant(as_seen['positive'], as_seen['negative'], seen) }}
        / nullif({{ whole }}, 0) as neutral
    from predicted
    inner join rates on predicted.source = rates.source
),

cut as (
    select
        source,
        grain,
        period_start,
        n_labelled,
        replicate,
        greatest(0, least(1, positive)) as positive,
        greatest(0, least(1, negative)) as negative,
        greatest(0, least(1, neutral)) as neutral
    from solved
    where positive is not null
),

shares as (
    {% for label in ['positive', 'negative', 'neutral'] %}
        select
            source,
            grain,
            period_start,
            n_labelled,
            replicate,
            '{{ label }}' as label,
            {{ label }} / nullif(positive + negative + neutral, 0) as share
        from cut
        {{ '' if loop.last else 'union all' }}
    {% endfor %}
),

sizes as (
    select
        source,
        count(*) as n_audited
    from audited
    group by source
)

select
    shares.source,
    shares.grain,
    shares.period_start,
    shares.label,
    max(shares.n_labelled) as n_labelled,
    max(sizes.n_audited) as n_audited,
    max(case when shares.replicate = 0 then shares.share end) as share,
    {{ quantile('case when shares.replicate > 0 then shares.share end', 0.025) }} as share_low,
    {{ quantile('case when shares.replicate > 0 then shares.share end', 0.975) }} as share_high
from shares
inner join sizes on shares.source = sizes.source
group by shares.source, shares.grain, shares.period_start, shares.label
