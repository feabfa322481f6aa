-- Backups and restore drills of each system: planned and done in the days shown, and the newest that succeeded.
select
    system_code,
    max(coalesce(system_name, system_code)) as name,
    count(*) filter (where kind = 'backup' and planned_on between $first and $last) as n_backups,
    count(*) filter (where kind = 'backup' and is_successful and planned_on between $first and $last) as n_backups_done,
    count(*) filter (where kind <> 'backup' and planned_on between $first and $last) as n_drills,
    count(*) filter (where kind <> 'backup' and is_successful and planned_on between $first and $last) as n_drills_done,
    max(planned_on) filter (where kind = 'backup' and is_successful) as last_backup_on,
    max(planned_on) filter (where kind <> 'backup' and is_successful) as last_drill_on
from marts.fct_backups
where list_contains($sources, source) and is_due and planned_on <= $last
group by source, system_code
order by n_backups - n_backups_done + n_drills - n_drills_done desc, last_backup_on nulls first, name
