-- Channels by which reports of the sources came in, most used first. An address parts codes by commas, so a code has none.
select
    replace(channel, ',', ' ') as code,
    min(channel) as label
from marts.fct_tickets
where list_contains($sources, source) and is_counted and channel is not null
group by code
order by count(*) desc, code
