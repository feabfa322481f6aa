"""Speed and memory of the project, always as a ratio against a reference measured in the same run.

No absolute target and no mocked step: the real code path against the plainest tool that does the same work.
"""
