-- Grain: one row per source, server (scrape target) and provincial day.
select
    days.source,
    days.target as instance,
    days.measured_on as sampled_on,
    days.n_up,
    days.n_received,
    days.n_expected,
    days.n_missing,
    days.n_maintenance,
    days.n_up_outside,
    days.n_missing_outside,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_server__days') }} as days
inner join {{ ref('int_source__clock') }} as clock on days.source = clock.source
where days.kind = 'host'
