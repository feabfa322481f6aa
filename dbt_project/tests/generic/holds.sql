{# Fails for each row in which `condition` is not true; null counts as failing. #}
{% test holds(model, condition) %}
select *
from {{ model }}
where ({{ condition }}) is not true
{% endtest %}
