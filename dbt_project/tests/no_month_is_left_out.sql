-- A monthly report that never came leaves a hole between two that did, and figures of that month too small.
{{ config(severity='warn') }}

with told as (
    select
        source,
        {{ period_start('reported_on', 'month') }} as told_of
    from {{ ref('stg_dossier__dossiers') }}
    union
    select
        source,
        {{ period_start('reported_on', 'month') }} as told_of
    from {{ ref('stg_document__documents') }}
    union
    select
        source,
        period_start_on as told_of
    from {{ ref('stg_indicator__values') }}
    where period_grain = 'month'
),

following as (
    select
        source,
        told_of,
        lead(told_of) over (partition by source order by told_of) as next_told_of
    from told
)

select
    source,
    {{ period_end('told_of', 'month') }} + 1 as first_left_out_on,
    next_told_of as next_told_on
from following
where next_told_of > {{ period_end('told_of', 'month') }} + 1
