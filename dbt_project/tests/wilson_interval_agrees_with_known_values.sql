-- 1,329 of 1,422 is the published rate; 0 and 10 of 10 stand in textbooks; of nothing there is no interval.
with known(k, n, low, high) as (
    values
    (1329, 1422, 0.9205, 0.9463),
    (0, 10, 0.0, 0.2775),
    (10, 10, 0.7225, 1.0),
    (0, 0, null, null)
)

select *
from known
where
    round({{ wilson('k', 'n', '-') }}, 4) is distinct from low
    or round({{ wilson('k', 'n', '+') }}, 4) is distinct from high
