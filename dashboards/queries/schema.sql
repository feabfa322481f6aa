-- Tables an analyst may read, with their columns.
select
    c.schema_name,
    c.table_name,
    c.column_name,
    c.data_type,
    t.estimated_size as n_rows
from duckdb_columns() as c
inner join duckdb_tables() as t
    on c.database_name = t.database_name and c.schema_name = t.schema_name and c.table_name = t.table_name
where not c.internal
order by case c.schema_name when 'kpi' then 1 when 'marts' then 2 when 'seeds' then 3 else 4 end, c.schema_name, c.table_name, c.column_index
