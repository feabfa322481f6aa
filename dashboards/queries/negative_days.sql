-- Negative articles by complete day beside what the same hours of the weeks before lead to expect (basis of M8), and the
-- count above which a day is out of the ordinary: as many roots of the mean above it as M8 asks before it alerts.
select
    h.hour_on,
    cast(sum(h.n_negative) as bigint) as n_negative,
    sum(h.mean_negative) as expected,
    sum(h.mean_negative) + max(p.value) * sqrt(greatest(sum(h.mean_negative), 1)) as upper,
    count(*) filter (where h.is_alert) as n_alert_hours
from marts.fct_negative_hours as h
inner join seeds.kpi_parameters as p
    on
        p.code = 'M8'
        and p.name = 'alert_z'
        and h.hour_on between p.valid_from and coalesce(p.valid_to, h.hour_on)
where list_contains($sources, h.source) and h.hour_on between $first and $last
group by h.hour_on
having count(distinct h.hour_at) = 24
order by h.hour_on
