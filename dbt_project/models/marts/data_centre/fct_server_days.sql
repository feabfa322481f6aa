-- Grain: one row per source, server (scrape target) and provincial day.
select
    days.source,
    days.instance,
    days.sampled_on,
    days.n_up,
    days.n_received,
    days.n_expected,
    days.n_missing,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_server__up_daily') }} as days
inner join {{ ref('int_source__clock') }} as clock on days.source = clock.source
