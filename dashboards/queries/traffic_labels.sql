-- Vehicle passages of one source in a period by kind, most frequent first.
select
    coalesce(max(l.name_vi), h.label) as name_vi,
    coalesce(max(l.name_en), h.label) as name_en,
    cast(sum(h.n_passages) as bigint) as n_vehicles
from marts.fct_camera_hours as h
left join seeds.object_labels as l on h.label = l.label
where h.source = $source and h.is_vehicle and h.hour_on between $first::date and $last::date
group by h.label
order by n_vehicles desc
