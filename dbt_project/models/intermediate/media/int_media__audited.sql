-- Grain: one row per source and article of the audit sample that was labelled blind by people and read by a
-- model.
-- Of several people the most votes count; a tie tells nothing. Labels speak for the articles of all sources
-- of the unit.
with votes as (
    select
        clock.unit_code,
        labels.feed_id,
        labels.article_id,
        labels.label,
        count(*) as n_votes
    from {{ ref('stg_media__human_labels') }} as labels
    inner join {{ ref('int_source__clock') }} as clock on labels.source = clock.source
    where labels.is_blind
    group by clock.unit_code, labels.feed_id, labels.article_id, labels.label
),

ranked as (
    select
        *,
        rank() over (partition by unit_code, feed_id, article_id order by n_votes desc) as place
    from votes
),

agreed as (
    select
        unit_code,
        feed_id,
        article_id,
        min(label) as label
    from ranked
    where place = 1
    group by unit_code, feed_id, article_id
    having count(*) = 1
)

select
    sample.source,
    sample.feed_id,
    sample.article_id,
    sample.week_start,
    labelled.published_on,
    labelled.model_version,
    labelled.sentiment as predicted,
    agreed.label as gold
from {{ ref('fct_audit_sample') }} as sample
inner join {{ ref('int_source__clock') }} as clock on sample.source = clock.source
inner join agreed
    on
        clock.unit_code = agreed.unit_code
        and sample.feed_id = agreed.feed_id
        and sample.article_id = agreed.article_id
inner join {{ ref('int_media__labelled') }} as labelled
    on
        sample.source = labelled.source
        and sample.feed_id = labelled.feed_id
        and sample.article_id = labelled.article_id
where labelled.sentiment is not null
