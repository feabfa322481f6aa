"""Pure functions from what a source sent to contract rows, and the text work they share.

No input or output, no clock, no settings: the same bytes give the same rows. Sets and joins belong to dbt.
"""
