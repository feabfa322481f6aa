-- Sources with data that a failed blocking check keeps from being published, until someone releases them.
select distinct source
from ops.check_results
where
    severity = 'blocking'
    and not is_success
    and batch_id is not null
    and batch_id not in (select r.batch_id from ops.releases as r)
order by source
