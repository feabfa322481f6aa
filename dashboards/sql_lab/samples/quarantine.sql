-- Bản ghi bị cách ly theo nguồn và lý do
-- Quarantined records by source and reason
select source, reason_code, sum(n_records) as records, min(example_reason) as example
from marts.fct_quarantine
group by source, reason_code
order by records desc
