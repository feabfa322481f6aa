-- Grain: one row per source, grain and period with an audited article; one period more, grain 'model', holds
-- all
-- audited articles of one model.
with classes as (
    select 'positive' as label
    union all
    select 'negative' as label
    union all
    select 'neutral' as label
),

audited_periods as (
    {{ day_periods(ref('int_media__audited'), 'published_on') }}
),

periods as (
    select
        audited.source,
        audited_periods.grain,
        cast(audited_periods.period_start as varchar) as period,
        audited.gold,
        audited.predicted
    from {{ ref('int_media__audited') }} as audited
    inner join audited_periods
        on audited.source = audited_periods.source and audited.published_on = audited_periods.published_on
    union all
    select
        source,
        'model' as grain,
        model_version as period,
        gold,
        predicted
    from {{ ref('int_media__audited') }}
),

per_class as (
    select
        periods.source,
        periods.grain,
        periods.period,
        classes.label,
        count(*) as n_all,
        count(*) filter (where periods.gold = classes.label) as n_gold,
        count(*) filter (where periods.predicted = classes.label) as n_predicted,
        count(*) filter (where periods.gold = classes.label and periods.predicted = classes.label) as n_hits
    from periods
    cross join classes
    group by periods.source, periods.grain, periods.period, classes.label
),

sums as (
    select
        source,
        grain,
        period,
        max(n_all) as n_audited,
        sum(n_hits) as n_correct,
        -- a class nobody found and nobody predicted has no F1
        avg(2 * n_hits / nullif(n_gold + n_predicted, 0)) as macro_f1,
        sum(n_gold * n_predicted) / max(n_all * n_all) as chance_agreement,
        min(n_hits / nullif(n_gold, 0)) as min_recall,
        sum(n_hits) filter (where label = 'negative') as n_negative_found,
        sum(n_gold) filter (where label = 'negative') as n_negative
    from per_class
    group by source, grain, period
)

select
    source,
    grain,
    period,
    n_audited,
    n_correct,
    n_correct / n_audited as accuracy,
    {{ wilson('n_correct', 'n_audited', '-') }} as accuracy_low,
    {{ wilson('n_correct', 'n_audited', '+') }} as accuracy_high,
    macro_f1,
    (n_correct / n_audited - chance_agreement) / nullif(1 - chance_agreement, 0) as kappa,
    min_recall,
    n_negative_found,
    n_negative,
    n_negative_found / nullif(n_negative, 0) as negative_recall
from sums
