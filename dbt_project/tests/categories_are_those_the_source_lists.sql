-- A field of reports that its own source does not list is counted, but nobody can name it.
{{ config(severity='warn') }}
with listed as (
    select
        source,
        service_code
    from {{ ref('stg_ticket__services') }}
)

select
    tickets.service_code as unknown_value,
    count(*) as n_rows
from {{ ref('fct_tickets') }} as tickets
left join listed on tickets.source = listed.source and tickets.service_code = listed.service_code
where
    tickets.service_code is not null
    and listed.service_code is null
    and tickets.source in (select sources.source from listed as sources)
group by tickets.service_code
