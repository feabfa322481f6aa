"""A batch, and what became of its records."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lake.landing import Landed


@dataclass(frozen=True)
class Receipt:
    """Accounts of one batch: offered = accepted + quarantined + deduplicated, over all its tables.

    Those of a replay are what it moved, so any of them may be negative; `n_replaced` rows were taken back by it.
    """

    batch_id: str
    n_offered: int
    n_accepted: int
    n_quarantined: int
    n_deduplicated: int
    is_new: bool
    n_replaced: int = 0


@dataclass(frozen=True)
class Batch:
    """What is committed together. The id follows from the bytes and the way they are read, never from the clock."""

    source: str
    slug: str
    run_id: str
    objects: Sequence[Landed]
    reading: str  # fingerprint of format, profile and contracts: reading the same bytes otherwise is another batch
    after: str = ""  # object delivered before, where a return to older bytes is news (`unread`); run of a replay

    @property
    def batch_id(self) -> str:
        """32 hex digits."""
        parts = [self.source, self.reading, self.after, *sorted(landed.sha256 for landed in self.objects)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    @property
    def received_at(self) -> datetime:
        """When its last payload was received."""
        return max(landed.received_at for landed in self.objects)


@dataclass(frozen=True)
class Account:
    """Records offered to one table, accepted into it and quarantined; the rest was there already.

    `n_replaced` rows of earlier readings of the same payloads were taken back. The times are of the first and the last
    event offered.
    """

    table: str
    n_offered: int
    n_accepted: int
    n_quarantined: int
    event_min_at: datetime | None = None
    event_max_at: datetime | None = None
    n_replaced: int = 0

    @property
    def n_deduplicated(self) -> int:
        """Records that the lake had."""
        return self.n_offered - self.n_accepted - self.n_quarantined
