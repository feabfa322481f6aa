-- Grain: one row per declared source instance, with the instant its data speak of.
-- as_of is the source's clock at its last successful harvest: what happened later is unknown, not zero.
with harvests as (
    select
        source,
        max(as_of) as as_of
    from {{ ref('stg_ops__harvests') }}
    where status <> 'failed'
    group by source
),

batches as (
    select
        source,
        max(committed_at) as committed_at
    from {{ ref('stg_ops__batches') }}
    group by source
)

select
    sources.source,
    sources.slug,
    sources.unit_code,
    sources.time_zone,
    sources.is_synthetic,
    sources.step_s,
    coalesce(harvests.as_of, batches.committed_at) as as_of,
    {{ local_day('coalesce(harvests.as_of, batches.committed_at)', 'sources.time_zone') }} as as_of_on
from {{ ref('stg_ops__sources') }} as sources
left join harvests on sources.source = harvests.source
left join batches on sources.source = batches.source
