-- Every value that was published under the key of one figure, newest first.
select
    h.figure_id,
    h.value,
    h.numerator,
    h.denominator,
    h.reason,
    h.is_gone,
    h.published_at,
    h.snapshot_id,
    h.run_id,
    h.code_commit
from kpi.kpi_history as h
inner join kpi.kpi_history as f
    on
        h.code = f.code
        and h.grain = f.grain
        and h.period_start = f.period_start
        and h.unit_code = f.unit_code
        and h.unit_valid_from is not distinct from f.unit_valid_from
        and h.source = f.source
where f.figure_id = $id
order by h.published_at desc
