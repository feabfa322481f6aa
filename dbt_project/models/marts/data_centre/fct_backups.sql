-- Grain: one row per source and planned backup or restore drill of a system.
-- What is planned for the clock's own day or later is not due yet; is_successful is null where no report told.
with names as (
    select
        source,
        system_code,
        max(system_name) as system_name
    from {{ ref('stg_system__inventory') }}
    group by source, system_code
)

select
    backups.source,
    backups.system_code,
    names.system_name,
    backups.kind,
    backups.planned_on,
    backups.planned_on < clock.as_of_on as is_due,
    backups.is_successful,
    backups.done_at,
    backups.reported_at,
    clock.is_synthetic,
    clock.as_of
from {{ ref('stg_system__backups') }} as backups
inner join {{ ref('int_source__clock') }} as clock on backups.source = clock.source
left join names on backups.source = names.source and backups.system_code = names.system_code
