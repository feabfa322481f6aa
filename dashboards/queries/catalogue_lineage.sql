-- The edges within two steps of one table, up to where its rows come from and down to who uses them.
with recursive up as (
    select
        child,
        parent,
        1 as steps
    from proof.lineage
    where child = $table
    union
    select
        l.child,
        l.parent,
        up.steps + 1 as steps
    from proof.lineage as l
    inner join up on l.child = up.parent
    where up.steps < 2
),

down as (
    select
        child,
        parent,
        1 as steps
    from proof.lineage
    where parent = $table
    union
    select
        l.child,
        l.parent,
        down.steps + 1 as steps
    from proof.lineage as l
    inner join down on l.parent = down.child
    where down.steps < 2
)

select
    child,
    parent
from up
union
select
    child,
    parent
from down
order by parent, child
