"""Dagster and the `ioc` command: the composition root that joins connectors, transforms, tables and dbt.

What a source says, how a row is parsed or a figure computed belongs to `lake`, `transforms` and `dbt_project`.
"""
