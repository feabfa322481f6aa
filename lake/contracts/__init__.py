"""Shape of every raw table: columns, identity, event time, personal data. One file per slug.

No input or output here: what a row must be, never how it is fetched, parsed or written.
"""
