-- Reports of one source received in a period for each unit of its jurisdiction, in the boundaries of $boundary_day.
-- Figures of the other boundary are restated where that can be done exactly; a unit for which nothing can be known in
-- the period has null, which is not zero. With the unit's square on the tile map and its boundary, where there are any.
with jurisdiction as (
    select c.*
    from marts.dim_sources as s
    inner join marts.bridge_place_containers as c
        on s.unit_code = c.container_code and s.unit_valid_from = c.container_valid_from
    where s.source = $source
),

units as (
    select p.*
    from marts.dim_places as p
    inner join jurisdiction as j on p.code = j.code and p.valid_from = j.valid_from
    where p.level <> 'province' and $boundary_day::date between p.valid_from and coalesce(p.valid_to, date '9999-12-31')
),

told as (
    select
        u.code as unit_code,
        u.valid_from as unit_valid_from,
        w.code,
        w.valid_from,
        w.valid_to
    from units as u
    inner join marts.bridge_place_containers as w
        on u.code = w.container_code and u.valid_from = w.container_valid_from
    where w.is_exact and w.valid_from <= $last::date and w.valid_to >= $first::date
),

tickets as (
    select *
    from marts.fct_tickets
    where
        source = $source
        and is_counted
        and requested_on between $first::date and $last::date
        and (len($channels::varchar []) = 0 or list_contains($channels::varchar [], replace(channel, ',', ' ')))
),

counts as (
    select
        told.unit_code,
        told.unit_valid_from,
        count(t.source) as n_received,
        count(*) filter (where t.is_resolved) as n_resolved,
        count(*) filter (where not t.is_resolved) as n_open,
        count(*) filter (where t.is_overdue) as n_overdue
    from told
    left join tickets as t
        on told.code = t.counted_unit_code and t.requested_on between told.valid_from and told.valid_to
    group by told.unit_code, told.unit_valid_from
)

select
    u.code,
    u.level,
    u.name_vi,
    u.parent_code,
    u.parent_name_vi,
    u.tile_row,
    u.tile_column,
    b.geometry,
    c.n_received,
    c.n_resolved,
    c.n_open,
    c.n_overdue,
    c.n_resolved / nullif(c.n_received, 0) as rate
from units as u
left join counts as c on u.code = c.unit_code and u.valid_from = c.unit_valid_from
left join marts.dim_place_boundaries as b on u.code = b.code and u.valid_from = b.valid_from
order by c.n_received desc nulls last, u.code
