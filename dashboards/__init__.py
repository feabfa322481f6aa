"""Reads the published serving file and shows it: pages, charts, words, the analyst's SQL page.

No figure is computed here that a KPI or mart already holds, and nothing here writes data or reaches a network.
"""
