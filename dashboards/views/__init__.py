"""One file per page: `show(page)` asks figures, draws cards, charts and tables.

Neither SQL nor sentences: questions live in `queries/`, words in `labels/`.
"""
