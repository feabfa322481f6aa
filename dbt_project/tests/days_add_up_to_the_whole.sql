-- Every grain of a KPI holds the same parts: their sums over the whole history are equal.
with sums as (
    select
        code,
        source,
        unit_code,
        unit_valid_from,
        grain,
        round(sum(numerator), 3) as numerator,
        round(sum(denominator), 3) as denominator
    from {{ ref('kpi_values') }}
    where is_additive
    group by code, source, unit_code, unit_valid_from, grain
)

select
    code,
    source,
    unit_code,
    unit_valid_from
from sums
group by code, source, unit_code, unit_valid_from
having
    count(*) <> 6
    or min(numerator) <> max(numerator)
    or min(denominator) <> max(denominator)
