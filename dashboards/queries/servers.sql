-- Per server in the days shown, approved maintenance left out: samples and the two bounds of availability, worst first.
select
    source,
    instance,
    cast(sum(n_expected) as bigint) as n_expected,
    cast(sum(n_missing) as bigint) as n_missing,
    sum(n_up_outside) / nullif(sum(n_expected - n_maintenance), 0) as low,
    (sum(n_up_outside) + sum(n_missing_outside)) / nullif(sum(n_expected - n_maintenance), 0) as high,
    sum(n_received) / nullif(sum(n_expected), 0) as coverage
from marts.fct_server_days
where list_contains($sources, source) and sampled_on between $first and $last
group by source, instance
order by low nulls first, instance
