-- Grain: one row per KPI, source and provincial day.
-- n_missing are the samples that should have come and did not.
with days as (
    select
        facts.source,
        clock.unit_code,
        facts.sampled_on as counted_on,
        sum(facts.n_up) as n_up,
        sum(facts.n_received) as n_received,
        sum(facts.n_expected) as n_expected,
        sum(facts.n_missing) as n_missing
    from {{ ref('fct_server_days') }} as facts
    inner join {{ ref('int_source__clock') }} as clock on facts.source = clock.source
    group by facts.source, clock.unit_code, facts.sampled_on
)

select
    'S1' as code,
    source,
    unit_code,
    counted_on,
    n_received as numerator,
    null as numerator_high,
    n_expected as denominator,
    n_missing
from days
union all
select
    'S2' as code,
    source,
    unit_code,
    counted_on,
    n_up as numerator,
    n_up + n_missing as numerator_high,
    n_expected as denominator,
    n_missing
from days
