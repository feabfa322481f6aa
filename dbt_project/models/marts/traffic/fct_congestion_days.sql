-- Grain: one row per source, station, lane, direction and provincial day with a counted interval.
select
    congestion.source,
    congestion.station_id,
    congestion.lane,
    congestion.direction,
    congestion.started_on as counted_on,
    cast(max(congestion.free_flow_km_h) as double) as free_flow_km_h,
    cast(
        coalesce(sum(congestion.minutes) filter (where congestion.is_judged and congestion.is_congested), 0)
        as double
    ) as congested_minutes,
    cast(
        coalesce(sum(congestion.minutes) filter (where congestion.is_judged), 0) as double
    ) as judged_minutes,
    cast(sum(congestion.minutes) as double) as counted_minutes,
    clock.is_synthetic,
    clock.as_of
from {{ ref('int_camera__congestion') }} as congestion
inner join {{ ref('int_source__clock') }} as clock on congestion.source = clock.source
group by
    congestion.source, congestion.station_id, congestion.lane, congestion.direction, congestion.started_on,
    clock.is_synthetic, clock.as_of
