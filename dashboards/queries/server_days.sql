-- Availability by day in the days shown, of all servers of the sources or of one: the two bounds, and what is missing.
select
    sampled_on,
    sum(n_up_outside) / nullif(sum(n_expected - n_maintenance), 0) as low,
    (sum(n_up_outside) + sum(n_missing_outside)) / nullif(sum(n_expected - n_maintenance), 0) as high,
    cast(sum(n_missing) as bigint) as n_missing
from marts.fct_server_days
where
    list_contains($sources, source)
    and ($server::varchar is null or instance = $server)
    and sampled_on between $first and $last
group by sampled_on
having sum(n_expected - n_maintenance) > 0
order by sampled_on
