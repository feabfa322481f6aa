-- Records put aside, by source and reason, most frequent first.
select
    source,
    slug,
    reason_code,
    min(example_reason) as example_reason,
    cast(sum(n_records) as bigint) as n,
    max(quarantined_at) as last_at
from marts.fct_quarantine
group by source, slug, reason_code
order by n desc, source, reason_code
