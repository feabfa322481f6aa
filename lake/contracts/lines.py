"""Names shared by `lake.lines`, which reads newline-delimited files, and the transforms that say how."""

FAST = "fast_lines"  # temp table: all lines, typed, with `fault` null where the line is good
CAREFUL = "careful_lines"  # temp table: lines with a fault, read again one by one, with position, raw and reason
RAW = "raw_lines"  # relation (position BIGINT, raw BLOB, is_whole BOOLEAN) the careful reading takes its lines from
MALFORMED = "malformed_json"  # fault of a line that is not JSON at all
OVERSIZED = "oversized_line"  # fault of a line past the limit; `raw` holds its beginning and `is_whole` is false
