-- Declared source instances with the promise, the clock and the accounts of each; a source never loaded has no counts.
select
    s.source,
    s.slug,
    s.format,
    s.name_vi,
    s.name_en,
    s.unit_code,
    u.name_vi as unit_name,
    s.time_zone,
    s.is_synthetic,
    s.freshness_s,
    s.as_of,
    s.last_success_at,
    s.last_event_at,
    s.n_offered,
    s.n_accepted,
    s.n_quarantined,
    s.n_deduplicated
from marts.dim_sources as s
left join seeds.units as u
    on s.unit_code = u.code and u.level = 'province'
-- a page that shows one source of its kind begins with the one that tells most
order by s.is_synthetic desc, s.slug, s.n_accepted desc nulls last, s.source
