-- Rows of a source that is no longer declared would leave every figure in silence.
select distinct batches.source
from {{ ref('stg_ops__batches') }} as batches
left join {{ ref('stg_ops__sources') }} as sources on batches.source = sources.source
where sources.source is null
