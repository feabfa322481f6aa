-- Grain: one row per day of the years whose public holidays are known.
-- Monday to Friday but for public holidays, and the Saturdays worked in exchange for a day off.
{{ config(materialized='table') }}
with bounds as (
    select
        {{ period_start('min(day)', 'year') }} as first_on,
        {{ period_end(period_start('max(day)', 'year'), 'year') }} as last_on
    from {{ ref('public_holidays') }}
),

days as (
    select {{ each_day('first_on', 'last_on') }} as day
    from bounds
),

-- a day can bear two holidays
named as (
    select
        day,
        bool_and(is_working_day) as is_working_day
    from {{ ref('public_holidays') }}
    group by day
),

judged as (
    select
        days.day,
        coalesce(named.is_working_day, {{ iso_weekday('days.day') }} <= 5) as is_working_day
    from days
    left join named on days.day = named.day
)

select
    day,
    is_working_day,
    cast(sum(case when is_working_day then 1 else 0 end) over (order by day) as integer) as working_day_number
from judged
