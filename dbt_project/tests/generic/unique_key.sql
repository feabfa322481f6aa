{# Fails for each key that stands in more than one row; `columns` are the model's grain. #}
{% test unique_key(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
