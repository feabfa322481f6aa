-- Per server of one source over its last $days days: samples and the two bounds of availability, worst first.
with recent as (
    select
        *,
        max(sampled_on) over () as last_on
    from marts.fct_server_days
    where source = $source
    qualify sampled_on > last_on - cast($days as integer)
)

select
    instance,
    min(sampled_on) as first_on,
    max(last_on) as last_on,
    cast(sum(n_received) filter (where sampled_on = last_on) as bigint) as n_received_last_day,
    cast(sum(n_expected) as bigint) as n_expected,
    cast(sum(n_received) as bigint) as n_received,
    cast(sum(n_missing) as bigint) as n_missing,
    sum(n_up) / nullif(sum(n_expected), 0) as low,
    (sum(n_up) + sum(n_missing)) / nullif(sum(n_expected), 0) as high,
    sum(n_received) / nullif(sum(n_expected), 0) as coverage
from recent
group by instance
order by low nulls first, instance
