"""Ground floor: the outside world (HTTP, files) and the disk (landing zone, lake, serving files).

Knows no Dagster and no Streamlit, and imports nothing of ours outside this package.
"""
