-- Reports of one source by district of its province, whole history.
select
    u.name_vi as unit_name,
    cast(v.denominator as bigint) as n_received,
    cast(v.numerator as bigint) as n_resolved,
    cast(v.denominator - v.numerator as bigint) as n_open,
    v.value as rate
from kpi.kpi_values as v
inner join marts.dim_sources as s on v.source = s.source
inner join seeds.units as u
    on
        v.unit_code = u.code
        and v.unit_valid_from = u.valid_from
        and u.parent_code = s.unit_code
        and v.period_end between u.valid_from and coalesce(u.valid_to, date '9999-12-31')
where v.source = $source and v.code = 'F2' and v.grain = 'all' and u.level = 'district'
order by v.denominator desc, u.name_vi
