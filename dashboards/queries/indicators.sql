-- Socio-economic indicators of the jurisdiction in the newest month told up to $last: actual, plan, same period.
with months as (
    select
        *,
        list(value) over (partition by source, series_id order by month_on rows between 12 preceding and current row)
            as trend
    from marts.fct_indicator_months
    where
        list_contains($sources, source)
        and coalesce(unit_code, jurisdiction_code) = jurisdiction_code
        and month_end_on <= $last
),

newest as (
    select *
    from months
    where value is not null
    qualify row_number() over (partition by source, series_id order by month_on desc) = 1
)

select
    n.source,
    n.series_id,
    n.indicator_code,
    n.indicator_name,
    n.unit,
    n.month_on,
    n.value,
    n.value_status,
    n.value_to_date,
    n.plan_value,
    n.share_of_plan,
    n.value_to_date - n.plan_value as plan_gap,
    y.value as value_year_before,
    n.growth,
    n.n_vintages,
    n.revision,
    n.trend
from newest as n
left join months as y
    on n.source = y.source and n.series_id = y.series_id and y.month_on = n.month_on - interval 12 month
order by n.indicator_name, n.unit, n.source
