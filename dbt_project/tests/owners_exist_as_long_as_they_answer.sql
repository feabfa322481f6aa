-- An agency that was dissolved answers for nothing: the KPI needs a version with its successor.
select
    definitions.code,
    definitions.owner,
    agencies.valid_to
from {{ ref('kpi_definitions') }} as definitions
inner join {{ ref('agencies') }} as agencies on definitions.owner = agencies.name_vi
where coalesce(definitions.valid_to, date '9999-12-31') > coalesce(agencies.valid_to, date '9999-12-31')
