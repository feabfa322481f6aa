-- Counted on a printed calendar: Tết, a leap day, an exchanged Monday with its Saturday, a weekend, a day with itself.
with counted(earlier, later, n_days) as (
    values
    (date '2021-02-09', date '2021-02-17', 1),
    (date '2024-02-28', date '2024-03-01', 2),
    (date '2024-04-26', date '2024-05-06', 4),
    (date '2021-09-24', date '2021-09-26', 0),
    (date '2021-09-24', date '2021-09-27', 1),
    (date '2021-09-27', date '2021-09-24', -1),
    (date '2021-09-24', date '2021-09-24', 0)
)

select *
from counted
where n_days is distinct from {{ working_days_between('counted.earlier', 'counted.later') }}
