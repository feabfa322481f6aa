{# A heavy table is built on from day to day: what came since the last build is calculated anew, the rest stays. That is
   the same as a build from nothing as long as raw rows are only added; when rows were removed, or a declaration, a
   register or the project itself changed, `orchestration/due.py` asks for a full refresh. #}

{# Per source, the earliest event of the batches committed since the last build of this table; a day is gone back,
   because a batch is dated before it can be seen. `built_through` is the newest delivery a row of the table rests on. #}
{% macro changed_since_last_build(raw_table) %}
    select
        source,
        min(event_min_at) as changed_at
    from {{ ref('stg_ops__batches') }}
    where
        table_name = '{{ raw_table }}'
        and n_accepted > 0
        and committed_at > (
            select coalesce(max(built.built_through) - interval 1 day, timestamptz '1900-01-01 00:00:00+00')
            from {{ this }} as built
        )
    group by source
{% endmacro %}

{# Strategy `from_day`: of each first key of `unique_key`, everything from the first new day on is replaced. The last
   key is the day. #}
{% macro get_incremental_from_day_sql(arg_dict) %}
    {%- set owner, day = arg_dict['unique_key'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }} as kept
    where exists (
        select 1
        from (
            select
                {{ owner }} as owner,
                min({{ day }}) as first_day
            from {{ arg_dict['temp_relation'] }}
            group by {{ owner }}
        ) as renewed
        where kept.{{ owner }} = renewed.owner and kept.{{ day }} >= renewed.first_day
    );
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    (select {{ columns }} from {{ arg_dict['temp_relation'] }})
{% endmacro %}
