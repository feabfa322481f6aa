-- A boundary without a unit is not drawn; the owner should load the code list, or correct valid_from in the profile.
{{ config(severity='warn') }}
select
    boundaries.source,
    boundaries.code,
    boundaries.valid_from
from {{ ref('stg_place__boundaries') }} as boundaries
left join {{ ref('int_place__units') }} as units
    on boundaries.code = units.code and boundaries.valid_from = units.valid_from
where units.code is null
