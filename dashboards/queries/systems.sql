-- Per shared system in the days shown, approved maintenance left out: the two bounds of availability, worst first.
select
    d.source,
    d.system,
    max(coalesce(w.system_name, d.system)) as name,
    cast(sum(d.n_expected) as bigint) as n_expected,
    cast(sum(d.n_missing) as bigint) as n_missing,
    sum(d.n_up_outside) / nullif(sum(d.n_expected - d.n_maintenance), 0) as low,
    (sum(d.n_up_outside) + sum(d.n_missing_outside)) / nullif(sum(d.n_expected - d.n_maintenance), 0) as high,
    max(w.certificate_expires_at) as certificate_expires_at
from marts.fct_system_days as d
left join marts.dim_watched as w on d.source = w.source and w.kind = 'system' and d.system = w.target
where list_contains($sources, d.source) and d.probed_on between $first and $last
group by d.source, d.system
order by low nulls first, d.system
