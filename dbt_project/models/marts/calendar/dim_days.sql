-- Grain: one row per day of the years whose public holidays are known.
select
    day,
    is_working_day,
    working_day_number
from {{ ref('int_calendar__days') }}
