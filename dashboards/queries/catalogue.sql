-- Everything that can be looked up: KPIs, tables, columns. Matched without accents and case, all words of the search.
with folded as (
    select
        'kpi' as kind,
        d.code as id,
        d.code as title,
        d.name_vi as text_vi,
        d.name_en as text_en,
        d.owner as detail
    from seeds.kpi_definitions as d
    qualify row_number() over (partition by d.code order by d.valid_from desc) = 1
    union all
    select
        'table' as kind,
        m.model as id,
        m.model as title,
        m.description_vi as text_vi,
        m.description_en as text_en,
        m.layer as detail
    from proof.models as m
    union all
    select
        'column' as kind,
        c.model as id,
        c.model || '.' || c.column_name as title,
        c.description_vi as text_vi,
        c.description_en as text_en,
        c.data_type as detail
    from proof.columns as c
),

searched as (
    select
        *,
        replace(strip_accents(lower(concat_ws(' ', title, text_vi, text_en, detail))), 'đ', 'd') as hay
    from folded
)

select
    kind,
    id,
    title,
    text_vi,
    text_en,
    detail,
    count(*) over () as n_found
from searched
where list_bool_and(
    [contains(hay, w) for w in string_split(replace(strip_accents(lower(trim($words))), 'đ', 'd'), ' ')]
)
order by
    case kind when 'kpi' then 1 when 'table' then 2 else 3 end,
    -- what begins with the words stands before what only contains them
    not starts_with(replace(strip_accents(lower(title)), 'đ', 'd'), replace(strip_accents(lower(trim($words))), 'đ', 'd')),
    title
limit $limit
