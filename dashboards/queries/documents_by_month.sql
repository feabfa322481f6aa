-- Documents by month of registration up to that of $last: received and issued.
select
    cast(date_trunc('month', registered_on) as date) as month_start,
    count(*) filter (where direction = 'in') as n_in,
    count(*) filter (where direction = 'out') as n_out
from marts.fct_documents
where
    list_contains($sources, source)
    and registered_on <= $last
    and registered_on >= date_trunc('month', cast($last as date)) - interval 12 month
group by all
order by month_start
