-- Tỷ lệ xử lý theo tháng tiếp nhận, từng nguồn
-- Resolution rate by month of receipt, each source
select source, period_start, numerator as resolved, denominator as received, round(100 * value, 1) as rate_pct
from kpi.kpi_values
inner join marts.dim_sources using (source, unit_code, unit_valid_from)
where code = 'F2' and grain = 'month'
order by source, period_start
