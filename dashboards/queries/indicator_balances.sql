-- Indicators whose communes do not add up to the province, worst first, in months up to $last.
select
    indicator_code,
    unit,
    month_on,
    province_value,
    communes_value,
    n_told,
    n_communes,
    difference
from marts.fct_indicator_balances
where list_contains($sources, source) and is_complete and difference > $tolerance and month_on <= $last
order by difference desc, month_on desc, indicator_code
limit $limit
