-- Grain: one row per source and counted interval, or counted vehicle, of a station, lane and class.
-- What cannot be, and what the source filled in without measuring, is null: no figure is made of it.
with counts as (
    select
        *,
        coalesce(observed_pct = 0, false) as is_filled_in
    from {{ source('raw', 'camera__counts') }}
)

select
    source,
    station_id,
    lane,
    direction,
    vehicle_class,
    record_id,
    started_at,
    ended_at,
    case when not is_count_impossible and not is_filled_in then n_vehicles end as n_vehicles,
    case when not is_speed_impossible and not is_filled_in then speed_km_h end as speed_km_h,
    case when not is_occupancy_impossible and not is_filled_in then occupancy_pct end as occupancy_pct,
    is_count_impossible or is_speed_impossible or is_occupancy_impossible as is_impossible,
    is_filled_in,
    is_time_ambiguous,
    is_time_skipped,
    is_out_of_order
from counts
