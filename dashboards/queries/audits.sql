-- Models that label the articles of the sources, the one in use first, and how far each has been measured.
select
    a.model_version,
    a.n_audited,
    a.accuracy,
    a.accuracy_low,
    a.accuracy_high,
    a.macro_f1,
    a.negative_recall,
    a.verdict,
    p.value as min_labels
from marts.dim_audits as a
inner join seeds.kpi_parameters as p on p.code = 'M5' and p.name = 'min_labels' and p.valid_to is null
where list_contains($sources, a.source)
order by
    (
        select max(f.published_at) from marts.fct_articles as f
        where f.source = a.source and f.model_version = a.model_version
    ) desc nulls last,
    a.model_version
