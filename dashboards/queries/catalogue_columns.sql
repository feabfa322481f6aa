-- The columns of one table.
select
    column_name,
    data_type,
    description_vi,
    description_en
from proof.columns
where model = $table
