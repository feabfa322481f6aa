-- Grain: one row per declared source instance.
-- What it promises, how fresh it is, and what became of its records.
with harvests as (
    select
        source,
        max(case when status <> 'failed' then finished_at end) as last_success_at,
        max(case when status = 'failed' then finished_at end) as last_failure_at
    from {{ ref('stg_ops__harvests') }}
    group by source
),

batches as (
    select
        source,
        max(event_max_at) as last_event_at,
        sum(n_offered) as n_offered,
        sum(n_accepted) as n_accepted,
        sum(n_quarantined) as n_quarantined,
        sum(n_deduplicated) as n_deduplicated
    from {{ ref('stg_ops__batches') }}
    group by source
)

select
    sources.source,
    sources.slug,
    sources.format,
    sources.name_vi,
    sources.name_en,
    sources.unit_code,
    units.unit_valid_from,
    sources.time_zone,
    sources.is_synthetic,
    sources.freshness_s,
    sources.step_s,
    harvests.last_success_at,
    harvests.last_failure_at,
    batches.last_event_at,
    clock.as_of,
    cast(batches.n_offered as bigint) as n_offered,
    cast(batches.n_accepted as bigint) as n_accepted,
    cast(batches.n_quarantined as bigint) as n_quarantined,
    cast(batches.n_deduplicated as bigint) as n_deduplicated
from {{ ref('stg_ops__sources') }} as sources
inner join {{ ref('int_source__clock') }} as clock on sources.source = clock.source
inner join {{ ref('int_source__units') }} as units
    on sources.source = units.source and units.unit_level = 'jurisdiction'
left join harvests on sources.source = harvests.source
left join batches on sources.source = batches.source
