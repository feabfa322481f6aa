-- Grain: one row per source, complete week and article drawn for labelling blind.
-- The order is that of a hash, so everybody draws the same sample and nobody chooses; its size is in
-- kpi_parameters (M5).
with weeks as (
    select
        articles.source,
        articles.feed_id,
        articles.article_id,
        articles.headline,
        articles.url,
        {{ period_start('articles.published_on', 'week') }} as week_start,
        clock.as_of_on,
        clock.is_synthetic
    from {{ ref('int_media__articles') }} as articles
    inner join {{ ref('int_source__clock') }} as clock on articles.source = clock.source
),

drawn as (
    select
        *,
        row_number() over (
            partition by source, week_start
            order by {{ text_hash("concat_ws(' ', source, feed_id, article_id)") }}
        ) as sample_no
    from weeks
    where {{ period_end('week_start', 'week') }} < as_of_on
)

select
    drawn.source,
    drawn.week_start,
    drawn.sample_no,
    drawn.feed_id,
    drawn.article_id,
    drawn.headline,
    drawn.url,
    drawn.is_synthetic
from drawn
inner join {{ ref('kpi_parameters') }} as parameters
    on
        parameters.code = 'M5'
        and parameters.name = 'weekly_sample'
        and drawn.week_start >= parameters.valid_from
        and drawn.week_start <= coalesce(parameters.valid_to, drawn.week_start)
where drawn.sample_no <= parameters.value
