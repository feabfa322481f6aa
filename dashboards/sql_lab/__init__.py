"""The analyst's page: one SELECT at a time, run in a child process on the published file, with a safe CSV.

The limits and the refusals are `lake.sandbox`'s; nothing here opens the serving file for a reader's SQL.
"""
