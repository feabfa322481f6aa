{# Fails for each value of the column that stands in no row of `to`.`field`; lists it with the number of its rows. #}
{% test known(model, column_name, to, field) %}
select
    {{ column_name }} as unknown_value,
    count(*) as n_rows
from {{ model }}
where {{ column_name }} is not null and {{ column_name }} not in (select {{ field }} from {{ to }})
group by {{ column_name }}
{% endtest %}

{# The same for codes of administrative units, which must be borne on the row's own day. #}
{% test known_unit(model, column_name, day) %}
select
    told.{{ column_name }} as unknown_value,
    count(*) as n_rows
from (select * from {{ model }}) as told
left join {{ ref('units') }} as units
    on
        told.{{ column_name }} = units.code
        and told.{{ day }} between units.valid_from and coalesce(units.valid_to, date '9999-12-31')
where told.{{ column_name }} is not null and units.code is null
group by told.{{ column_name }}
{% endtest %}
