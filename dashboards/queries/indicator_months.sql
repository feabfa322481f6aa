-- The months of one indicator up to $last with the same month of the year before, three years at most.
select
    m.month_on,
    m.value,
    m.value_status,
    y.value as value_year_before,
    m.n_vintages,
    m.revision
from marts.fct_indicator_months as m
left join marts.fct_indicator_months as y
    on m.source = y.source and m.series_id = y.series_id and y.month_on = m.month_on - interval 12 month
where
    m.source = $source
    and m.series_id = $series
    and m.month_end_on <= $last
    and m.month_on > cast($last as date) - interval 36 month
order by m.month_on
