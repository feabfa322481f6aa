-- Grain: one row per source, series, period and vintage.
-- Where none is stated, the receipt dates a value. Of two values under one vintage the later receipt stands.
with versions as (
    select
        *,
        coalesce(vintage_at, received_at) as dated_at,
        row_number() over (
            partition by source, series_id, period_start_on, period_end_on, coalesce(vintage_at, received_at)
            order by received_at desc, ingested_at desc, record_hash asc
        ) as nth_newest
    from {{ source('raw', 'indicator__values') }}
),

vintages as (
    select
        *,
        row_number() over (
            partition by source, series_id, period_start_on, period_end_on
            order by dated_at desc
        ) as nth_latest,
        row_number() over (
            partition by source, series_id, period_start_on, period_end_on
            order by dated_at asc
        ) as nth_vintage,
        count(*) over (partition by source, series_id, period_start_on, period_end_on) as n_vintages
    from versions
    where nth_newest = 1
)

select
    vintages.source,
    vintages.series_id,
    vintages.dataset_code,
    vintages.dataset_name,
    vintages.indicator_code,
    vintages.indicator_name,
    vintages.dimensions,
    vintages.unit_code,
    vintages.geo_code,
    vintages.geo_name,
    vintages.period_start_on,
    vintages.period_end_on,
    vintages.period_grain,
    vintages.value,
    vintages.unit,
    vintages.unit_mult,
    vintages.value_status,
    vintages.status_source,
    vintages.comparison_basis,
    vintages.dated_at as vintage_at,
    vintages.vintage_basis,
    vintages.sheet,
    vintages.cell,
    vintages.nth_vintage,
    vintages.n_vintages,
    {{ local_day('vintages.dated_at', 'sources.time_zone') }} as vintage_on,
    vintages.nth_latest = 1 as is_latest_vintage
from vintages
left join {{ ref('stg_ops__sources') }} as sources on vintages.source = sources.source
