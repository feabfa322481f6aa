"""Great Expectations suites: how a new batch of raw data behaves (volume, uniqueness, ranges, vocabulary).

Not here: shapes and types (contracts), relations between tables and business meaning (dbt tests).
"""
