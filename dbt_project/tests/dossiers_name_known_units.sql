-- A code that no unit bears on the day of filing: the dossier would be in no figure of a district or commune.
{{ config(severity='warn') }}

select
    dossiers.source,
    dossiers.unit_code,
    count(*) as n_dossiers
from {{ ref('stg_dossier__dossiers') }} as dossiers
left join {{ ref('units') }} as units
    on
        dossiers.unit_code = units.code
        and dossiers.filed_on between units.valid_from and coalesce(units.valid_to, date '9999-12-31')
where dossiers.unit_code is not null and units.code is null
group by dossiers.source, dossiers.unit_code
