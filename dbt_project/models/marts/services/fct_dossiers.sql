-- Grain: one row per source and one-stop dossier.
select * from {{ ref('int_dossier__lifecycle') }}
