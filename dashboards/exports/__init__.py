"""What leaves the screen: tables, pictures and documents with their sources, each export noted in a journal.

No Streamlit here: data in, bytes out. The buttons are in `dashboards.downloads`.
"""
