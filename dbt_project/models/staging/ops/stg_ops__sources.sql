-- Grain: one row per declared source instance.
select
    source,
    slug,
    format,
    name_vi,
    name_en,
    unit_code,
    time_zone,
    is_synthetic,
    freshness_s,
    step_s
from {{ source('ops', 'sources') }}
