"""Connectors: one per slug, each turning a declared source into landed payloads. Runs alone, knows no table.

Parsing belongs to `transforms`, writing to `lake.tables`.
"""
