-- Reports of one source that figures count, neither spam nor repetitions; a unit and channels narrow them down, null and
-- an empty list do not.
select t.*
from marts.fct_tickets as t
left join marts.bridge_place_containers as i
    on
        t.counted_unit_code = i.code
        and t.requested_on between i.valid_from and i.valid_to
        and i.container_code = $unit
        and i.container_valid_from = $unit_valid_from::date
        and i.is_exact
where
    t.source = $source
    and t.is_counted
    and ($unit is null or i.code is not null)
    and (len($channels::varchar []) = 0 or list_contains($channels::varchar [], replace(t.channel, ',', ' ')))
