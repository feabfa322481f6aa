-- Grain: one row per source and model that labelled its articles.
-- Verdicts: dat (passes), khong_dat (does not), chua_do (not measured: fewer audited articles than the
-- minimum). It passes if the lower bound of its accuracy, macro-F1 and every recall pass the thresholds in
-- kpi_parameters (M5).
with models as (
    select distinct
        labelled.source,
        labelled.model_version,
        clock.as_of_on,
        clock.is_synthetic,
        clock.as_of
    from {{ ref('int_media__labelled') }} as labelled
    inner join {{ ref('int_source__clock') }} as clock on labelled.source = clock.source
    where labelled.model_version is not null
),

thresholds as (
    select
        models.source,
        models.model_version,
        max(case when parameters.name = 'min_labels' then parameters.value end) as min_labels,
        max(case when parameters.name = 'min_accuracy' then parameters.value end) as min_accuracy,
        max(case when parameters.name = 'min_macro_f1' then parameters.value end) as min_macro_f1,
        max(case when parameters.name = 'min_recall' then parameters.value end) as min_recall
    from models
    inner join {{ ref('kpi_parameters') }} as parameters
        on
            parameters.code = 'M5'
            and models.as_of_on >= parameters.valid_from
            and models.as_of_on <= coalesce(parameters.valid_to, models.as_of_on)
    group by models.source, models.model_version
)

select
    models.source,
    models.model_version,
    coalesce(scores.n_audited, 0) as n_audited,
    scores.accuracy,
    scores.accuracy_low,
    scores.accuracy_high,
    scores.macro_f1,
    scores.kappa,
    scores.min_recall,
    scores.negative_recall,
    case
        when coalesce(scores.n_audited, 0) < thresholds.min_labels then 'chua_do'
        when
            scores.accuracy_low > thresholds.min_accuracy
            and scores.macro_f1 >= thresholds.min_macro_f1
            and scores.min_recall >= thresholds.min_recall
            then 'dat'
        else 'khong_dat'
    end as verdict,
    models.is_synthetic,
    models.as_of
from models
inner join thresholds on models.source = thresholds.source and models.model_version = thresholds.model_version
left join {{ ref('int_media__audit_scores') }} as scores
    on models.source = scores.source and scores.grain = 'model' and models.model_version = scores.period
