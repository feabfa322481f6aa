-- Khả dụng máy chủ theo tháng: cận dưới, cận trên, số lần đo thiếu
-- Server availability by month: low bound, high bound, missing samples
select source, period_start, value_low, value_high, n_missing
from kpi.kpi_values
where code = 'S2' and grain = 'month'
order by source, period_start
