-- Per month of receipt of one source: the share of reports closed within 1, 3, 7 and 15 days of 24 hours.
-- Only reports for which those days are over count; a share of fewer than $few is not told. Reports closed at an unknown
-- time or before they were received are left out.
with inside as (
    select
        code,
        valid_from,
        valid_to
    from marts.bridge_place_containers
    where container_code = $unit and container_valid_from = $unit_valid_from::date and is_exact
),

tickets as (
    select
        date_trunc('month', t.requested_on) as month_start,
        t.resolution_hours,
        date_diff('second', t.requested_at, t.as_of) / 3600 as observed_hours
    from marts.fct_tickets as t
    left join inside as i on t.counted_unit_code = i.code and t.requested_on between i.valid_from and i.valid_to
    where
        t.source = $source
        and t.is_counted
        and t.requested_on between $first::date and $last::date
        and (not t.is_resolved or t.resolution_hours is not null)
        and ($unit is null or i.code is not null)
        and (len($channels::varchar []) = 0 or list_contains($channels::varchar [], replace(t.channel, ',', ' ')))
),

shares as (
    select
        t.month_start,
        d.days,
        count(*) filter (where t.resolution_hours <= 24 * d.days) / count(*) as share
    from tickets as t
    cross join (values (1), (3), (7), (15)) as d (days)
    where t.observed_hours >= 24 * d.days
    group by t.month_start, d.days
    having count(*) >= $few
)

select
    cast(t.month_start as date) as month_start,
    count(*) as n_received,
    any_value(s.within_1) as within_1,
    any_value(s.within_3) as within_3,
    any_value(s.within_7) as within_7,
    any_value(s.within_15) as within_15
from tickets as t
left join (
    select
        month_start,
        max(share) filter (where days = 1) as within_1,
        max(share) filter (where days = 3) as within_3,
        max(share) filter (where days = 7) as within_7,
        max(share) filter (where days = 15) as within_15
    from shares
    group by month_start
) as s on t.month_start = s.month_start
group by t.month_start
order by t.month_start
