-- Grain: one row per source, direction, symbol, issuing agency and date of the document.
select
    documents.source,
    documents.direction,
    documents.symbol,
    documents.issuing_agency,
    documents.issued_on,
    documents.kind,
    coalesce(documents.arrived_on, documents.issued_on) as registered_on,
    documents.assigned_unit,
    documents.level,
    documents.due_on,
    documents.done_on,
    coalesce(documents.due_on is not null and documents.done_on is not null, false)
    or coalesce(documents.due_on < documents.reported_on, false) as is_judged,
    coalesce(documents.done_on <= documents.due_on, false) as is_on_time,
    coalesce(documents.is_assignment, false) as is_assignment,
    documents.is_signed_digitally,
    documents.is_processed_online,
    documents.reported_on,
    documents.n_versions,
    clock.unit_code as jurisdiction_code,
    clock.is_synthetic,
    clock.as_of
from {{ ref('stg_document__documents') }} as documents
inner join {{ ref('int_source__clock') }} as clock on documents.source = clock.source
