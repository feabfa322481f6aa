-- One table: its words, and how many rows the published file holds of it (null: it stays in the lake).
select
    m.model,
    m.layer,
    m.kind,
    m.materialized,
    m.description_vi,
    m.description_en,
    m.path,
    m.compiled_sql,
    t.estimated_size as n_rows
from proof.models as m
left join duckdb_tables() as t
    on
        m.model = t.schema_name || '.' || t.table_name
        and t.database_name = current_database()
where m.model = $table
