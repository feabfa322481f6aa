"""What runs when: one file per slug and per stage, each short enough to read aloud. Loaded by `definitions.py`."""
