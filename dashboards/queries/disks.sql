-- Disks as of the last day of their source up to $last, the first to be full on top; those that lose nothing come last.
select
    instance,
    part,
    judged_on,
    free_bytes / 1e9 as free_gb,
    mean_used,
    lost_bytes_per_day / 1e9 as lost_gb_per_day,
    is_judged,
    days_left
from marts.fct_disk_outlook
where list_contains($sources, source) and judged_on <= $last
qualify judged_on = max(judged_on) over (partition by source)
order by days_left nulls last, instance, part
