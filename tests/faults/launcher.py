"""`ioc` that dies where IOC_CRASH_AT=point:n says: `python -m tests.faults.launcher run`."""

from __future__ import annotations

import os

from orchestration.cli import main
from tests.faults.killing import VARIABLE, arm

if __name__ == "__main__":
    arm(os.environ.get(VARIABLE, ""))
    main()
