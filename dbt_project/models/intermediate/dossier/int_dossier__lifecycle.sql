-- Grain: one row per source and dossier, judged as of the newest report that tells of it.
-- A dossier that waits for its applicant is not overdue while it waits; a withdrawn one was not resolved.
with dossiers as (
    select
        dossiers.*,
        clock.unit_code as jurisdiction_code,
        clock.is_synthetic,
        clock.as_of,
        coalesce(dossiers.status, '') = 'withdrawn' as is_withdrawn,
        dossiers.returned_at is not null and coalesce(dossiers.status, '') <> 'withdrawn' as is_resolved
    from {{ ref('stg_dossier__dossiers') }} as dossiers
    inner join {{ ref('int_source__clock') }} as clock on dossiers.source = clock.source
)

select
    dossiers.source,
    dossiers.dossier_id,
    dossiers.jurisdiction_code,
    dossiers.unit_code,
    coalesce(lies_in.code, dossiers.jurisdiction_code) as counted_unit_code,
    dossiers.procedure_code,
    -- with or without the suffix of the province, the first eight characters are the national code
    left(dossiers.procedure_code, 8) as procedure_key,
    dossiers.procedure_name,
    dossiers.field_name,
    dossiers.agency,
    dossiers.filed_at,
    dossiers.filed_on,
    dossiers.due_at,
    dossiers.due_on,
    dossiers.returned_at,
    dossiers.returned_on,
    dossiers.channel,
    dossiers.status,
    dossiers.is_full_process,
    dossiers.fee_vnd,
    dossiers.is_paid_online,
    dossiers.has_digital_components,
    dossiers.has_digital_result,
    dossiers.rating,
    ratings.is_satisfied,
    dossiers.is_withdrawn,
    dossiers.is_resolved,
    dossiers.due_at is not null and dossiers.is_resolved and dossiers.returned_at <= dossiers.due_at
        as is_on_time,
    dossiers.due_at is not null and dossiers.is_resolved and dossiers.returned_at > dossiers.due_at
        as is_resolved_late,
    coalesce(
        dossiers.returned_at is null
        and not dossiers.is_withdrawn
        and coalesce(dossiers.status, '') <> 'waiting_for_applicant'
        and dossiers.due_at < dossiers.reported_at,
        false
    ) as is_open_late,
    case
        when dossiers.is_resolved then returned_days.working_day_number - filed_days.working_day_number
    end as working_days,
    dossiers.reported_at,
    dossiers.reported_on,
    dossiers.n_versions,
    dossiers.is_synthetic,
    dossiers.as_of
from dossiers
left join {{ ref('rating_levels') }} as ratings on dossiers.rating = ratings.code
left join {{ ref('int_calendar__days') }} as filed_days on dossiers.filed_on = filed_days.day
left join {{ ref('int_calendar__days') }} as returned_days on dossiers.returned_on = returned_days.day
left join {{ ref('int_place__ancestors') }} as lies_in
    on
        dossiers.unit_code = lies_in.code
        and dossiers.jurisdiction_code = lies_in.ancestor_code
        and dossiers.filed_on between lies_in.valid_from and lies_in.valid_to
