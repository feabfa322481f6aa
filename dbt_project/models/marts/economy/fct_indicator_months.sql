-- Grain: one row per source, indicator, unit of measure, administrative unit and month; newest vintage.
select
    months.*,
    clock.unit_code as jurisdiction_code,
    clock.is_synthetic
from {{ ref('int_indicator__months') }} as months
inner join {{ ref('int_source__clock') }} as clock on months.source = clock.source
