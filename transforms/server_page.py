"""Metrics pages: OpenMetrics 1.0 or Prometheus text format 0.0.4 -> series and samples."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from lake.contracts.base import Delivery
from lake.errors import PayloadRefused
from transforms.server_harvest import Harvest, as_json, unfit_labels

OPENMETRICS_ONLY = re.compile(r"^# (UNIT |TYPE \S+ (unknown|info|stateset|gaugehistogram)$)", re.MULTILINE)


def read(body: bytes, delivery: Delivery) -> Harvest:
    """A metrics page, all or nothing as a Prometheus scrape is: one bad line refuses the page."""
    received_s = delivery.received_at.timestamp()
    address = urlsplit(delivery.origin)
    # A scrape adds the target's address, or pages of two servers would become one series.
    target = {"instance": address.netloc.rpartition("@")[2]} if address.scheme in ("http", "https") else {}
    try:
        text = body.decode("utf-8")
        is_openmetrics = text.rstrip("\n").endswith("# EOF")
        if not is_openmetrics and (not text.endswith("\n") or OPENMETRICS_ONLY.search(text)):
            raise ValueError("its end is missing")
        read = openmetrics_parser if is_openmetrics else text_parser
        samples = [sample for family in read.text_string_to_metric_families(text) for sample in family.samples]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise PayloadRefused(
            f"{delivery.origin} is not a whole metrics page ({error}); check what the exporter serves there."
        ) from error
    harvest = Harvest()
    for position, sample in enumerate(samples):
        labels = {**target, **sample.labels, "__name__": sample.name}
        time_s = received_s if sample.timestamp is None else float(sample.timestamp)
        if sample.value is None:
            reason = "Native histograms are not supported; expose classic buckets beside them."
            harvest.reject(position, "native_histogram", reason, as_json({"metric": labels}))
            continue
        if unfit := unfit_labels(labels):
            harvest.reject(position, "unfit_labels", unfit, as_json({"metric": labels}))
            continue
        harvest.add(position, labels, [time_s], [float(sample.value)])
    return harvest
