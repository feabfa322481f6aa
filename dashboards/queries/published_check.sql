-- Published figures of one theme, set against what the sources yield.
select
    c.id,
    c.claim_vi,
    c.claim_en,
    c.operator,
    c.published_value,
    c.published_decimals,
    c.measure,
    c.unit_vi,
    c.computed_value,
    c.computed_numerator,
    c.computed_denominator,
    c.implied_total,
    c.bound_total,
    c.scope_from,
    c.scope_to,
    c.verdict,
    c.is_contradicted_by_published,
    c.caveat_vi,
    c.caveat_en,
    c.document
from kpi.published_check as c
left join seeds.kpi_definitions as d on c.kpi_code = d.code and d.valid_to is null
where
    list_contains($sources, c.source)
    and $theme = coalesce(
        d.theme,
        case
            when c.measure = 'servers' then 'data_centre'
            when c.measure = 'cameras' then 'traffic'
            when c.measure in ('feeds', 'pages') then 'media'
        end
    )
order by c.id
