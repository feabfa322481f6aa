-- The thresholds inside a KPI's formula that hold on a day; before the first of them, the first.
select
    name,
    value
from seeds.kpi_parameters
where code = $code
qualify
    row_number() over (
        partition by name
        order by $day::date between valid_from and coalesce(valid_to, date '9999-12-31') desc, valid_from
    ) = 1
order by name
