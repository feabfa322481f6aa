-- Grain: one row per administrative unit and unit, of any time, whose territory contains it whole; itself included.
select
    code,
    valid_from,
    valid_to,
    container_code,
    container_valid_from,
    container_level,
    is_exact
from {{ ref('int_place__within') }}
