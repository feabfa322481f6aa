"""One small province: every figure in it can be counted by hand."""

from __future__ import annotations

from tiny_lake import TinyLake, utc

AS_OF = "2021-09-30 10:00"  # 17:00 in the province


def tickets() -> list[dict[str, object]]:
    """Versions of five reports: on time, late, reopened and past due, not yet due, closed before received."""

    def version(request_id: str, status: str, requested: str, updated: str, **fields: object) -> dict[str, object]:
        row: dict[str, object] = {"source": "pa", "request_id": request_id, "status": status}
        row |= {"requested_at": utc(requested), "updated_at": utc(updated), "is_closed_before_requested": False}
        row |= {"record_hash": f"{request_id} {updated} {status}", "expected_at": None, "closed_at": None}
        return row | {"unit_code": None} | fields

    due = {"expected_at": utc("2021-09-15 00:00")}
    return [
        # received one second before and exactly at the provincial midnight
        version("t1", "open", "2021-08-31 16:59:59", "2021-08-31 16:59:59", unit_code="31318", **due),
        version(
            "t1",
            "closed",
            "2021-08-31 16:59:59",
            "2021-09-02 00:00",
            unit_code="31318",
            closed_at=utc("2021-09-02 00:00"),
            **due,
        ),
        version(
            "t2",
            "closed",
            "2021-08-31 17:00:00",
            "2021-09-16 00:00",
            unit_code="31318",
            closed_at=utc("2021-09-16 00:00"),
            **due,
        ),
        version(
            "t3",
            "closed",
            "2021-09-10 00:00",
            "2021-09-11 00:00",
            unit_code="31321",
            closed_at=utc("2021-09-11 00:00"),
            **due,
        ),
        version("t3", "open", "2021-09-10 00:00", "2021-09-12 00:00", unit_code="31321", **due),
        version(
            "t4", "open", "2021-09-20 00:00", "2021-09-20 00:00", unit_code="31340", expected_at=utc("2021-10-05 00:00")
        ),
        version(
            "t5",
            "closed",
            "2021-09-20 00:00",
            "2021-09-20 00:00",
            unit_code="99999",
            closed_at=utc("2021-09-19 00:00"),
            is_closed_before_requested=True,
        ),
    ]


def articles() -> list[dict[str, object]]:
    """Two articles of 05/07/2021 (one of them in two feeds) and one of 07/07/2021."""
    found = [("a1", "home", "1", "2021-07-04 17:00"), ("a1", "local", "1", "2021-07-05 01:00")]
    found += [("a2", "home", "2", "2021-07-05 02:00"), ("a3", "home", "3", "2021-07-07 02:00")]
    return [
        {
            "source": "bc",
            "article_id": article,
            "feed_id": feed,
            "url": f"https://bao.example/{link}",
            "headline": article,
            "published_at": utc(published),
            "is_published_at_missing": False,
            "record_hash": f"{article} {feed}",
        }
        for article, feed, link, published in found
    ]


def fill(lake: TinyLake) -> None:
    """Four sources; `cam` is declared but was never harvested."""
    lake.declare("pa", "ticket", AS_OF)
    lake.declare("mc", "server", AS_OF, step_s=3600)
    lake.declare("bc", "media", AS_OF)
    lake.declare("cam", "camera", None)
    lake.insert("raw.ticket__requests", tickets())
    lake.insert("raw.media__articles", articles())
    labelled = (("home", "a1", "positive"), ("local", "a1", "negative"), ("home", "a3", "neutral"))
    told = {"source": "bc", "article_hash": "h", "probability": 0.9, "is_abstained": False, "method": "model"}
    told |= {"model_version": "synthetic-1", "is_audited": False, "task": "sentiment", "ingested_at": utc(AS_OF)}
    lake.insert(
        "raw.media__labels",
        [
            told | {"feed_id": feed, "article_id": article, "label": label, "published_at": utc("2021-07-05 00:00")}
            for feed, article, label in labelled
        ],
    )
    lake.insert(
        "raw.media__stories",
        [
            {"source": "bc", "feed_id": "home", "article_id": a, "story_key": "s", "event_key": "s"}
            for a in ("a1", "a3")
        ],
    )
    # one page registered with a rhythm of ten hours, which posted at 07:00 on 27/09 and no more
    lake.insert(
        "raw.media__outlets",
        [
            {"source": "bc", "outlet_id": "p", "name": "Trang", "feed_url": "7", "expected_gap_h": 10.0}
            | {"listed_at": utc(AS_OF), "received_at": utc(AS_OF), "record_hash": "o"}
        ],
    )
    post = {"source": "bc", "post_id": "7_1", "page_id": "7", "created_at": utc("2021-09-27 00:00")}
    lake.insert("raw.media__posts", [post | {"received_at": utc(AS_OF), "record_hash": "p"}])
    lake.insert("raw.server__series", [{"source": "mc", "series_id": "s1", "metric": "up", "instance": "sv-01"}])
    # 29/09 has 24 expected hours: 20 up, 1 down, 3 missing. 30/09 has 17 before 17:00, all up;
    # the one at 17:00, the clock itself, is not expected yet.
    hours = [(h, 0.0 if h == 5 else 1.0) for h in range(42) if h not in (10, 11, 12)]
    samples = [
        {
            "source": "mc",
            "series_id": "s1",
            "sampled_at": utc(f"2021-09-{28 + (17 + h) // 24} {(17 + h) % 24:02d}:00"),
            "value": up,
        }
        for h, up in hours
    ]
    lake.insert("raw.server__samples", samples)
    batch = {"batch_id": "b1", "run_id": "r1", "source": "pa", "slug": "ticket", "committed_at": utc(AS_OF)}
    lake.insert(
        "ops.batches",
        [
            batch
            | {"table_name": "ticket__requests", "n_offered": 9, "n_accepted": 7, "n_quarantined": 0}
            | {"n_deduplicated": 2, "event_max_at": utc("2021-09-20 00:00")},
            batch
            | {"table_name": "quarantine", "n_offered": 1, "n_accepted": 0, "n_quarantined": 1}
            | {"n_deduplicated": 0, "event_max_at": None},
        ],
    )
    lake.insert(
        "raw.quarantine",
        [
            {"source": "pa", "slug": "ticket", "batch_id": "b1", "origin": "page 1", "position": 3}
            | {"reason_code": "missing_status", "reason": "status is empty.", "raw": b"{}", "raw_sha256": "ab"}
            | {"quarantined_at": utc(AS_OF)}
        ],
    )
