"""The monitoring ledgers on the wire: ``query_range`` and ``query`` of the Prometheus HTTP API v1, plain selectors.

Evaluation follows prometheus.io/docs/prometheus/latest/querying: at each step the newest sample of the five minutes
before it (the far end excluded); of an instant the newest of ten minutes, so that the scrape under way hides no value.
Functions, operators and the matchers !=, =~ and !~ are refused as bad_data.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lake.simulator import probes
from lake.simulator.clocks import Clock
from lake.simulator.monitoring import FIRST_SAMPLE_S, SAMPLES, STEP_S, Labels, ledger
from lake.simulator.response import NOT_FOUND, Parameters, Response, json_response

_LARGEST_RESOLUTION = 11_000
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_MATCHER = re.compile(r"""\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)\s*""")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_DURATION_MS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1)


Series = tuple[Sequence[Labels], npt.NDArray[np.float64]]  # labels per row, samples per row; all end at the clock
_DISK = {"device": "/dev/sda1", "fstype": "ext4", "mountpoint": "/"}


class Prometheus:
    """Serves ``api/v1/query_range`` and ``api/v1/query``."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._monitoring, self._probes, self._clock = ledger(seed), probes.ledger(seed), clock

    def _samples(self, moments: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
        """Number of the newest sample at each instant asked for; every history of ``length`` ends at CLOCK."""
        since = self._clock.of_told_ms(moments) - FIRST_SAMPLE_S * 1000
        return since // (STEP_S * 1000) - (SAMPLES - length)

    def _series(self, metric: str) -> Series:
        """A metric nobody exposes is no error in Prometheus, but an empty answer."""
        monitoring, asked = self._monitoring, self._probes
        servers = [server.labels for server in monitoring.servers]
        if metric == "up":
            return servers, monitoring.up
        if metric.startswith("probe_"):
            measured = {
                "probe_success": asked.success,
                "probe_duration_seconds": asked.duration_s,
                "probe_http_status_code": asked.status_code,
                "probe_ssl_earliest_cert_expiry": asked.certificate_expires_s,
            }
            return asked.labels, measured.get(metric, np.empty((len(asked.labels), 0)))
        if metric in monitoring.environment:
            return monitoring.environment[metric]
        if metric in monitoring.gauges:
            disk = _DISK if metric.startswith("node_filesystem_") else {}
            return [dict(sorted({**labels, **disk}.items())) for labels in servers], monitoring.gauges[metric]
        return [], np.empty((0, 0))

    def respond(self, path: str, parameters: Parameters) -> Response:
        """``path`` is relative to the server's root; errors come in Prometheus's envelope with status 400."""
        answer = {"api/v1/query_range": self._query_range, "api/v1/query": self._query}.get(path)
        if answer is None:
            return NOT_FOUND
        try:
            return answer(parameters)
        except ValueError as error:
            envelope = {"status": "error", "errorType": "bad_data", "error": str(error)}
            return json_response(envelope, 400)

    def _query_range(self, parameters: Parameters) -> Response:
        start, end = _timestamp_ms(parameters, "start"), _timestamp_ms(parameters, "end")
        if end < start:
            raise ValueError('invalid parameter "end": end timestamp must not be before start time')
        step = _step_ms(parameters)
        if (end - start) // step > _LARGEST_RESOLUTION:
            raise ValueError(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        metric, matchers = parse_selector(parameters.get("query", ""))
        moments = np.arange(start, end + 1, step, dtype=np.int64)
        rows, values = self._series(metric)
        samples = self._samples(moments, values.shape[1])
        known = (samples >= 0) & (samples < values.shape[1])
        samples = samples[known]
        stamps = np.array([f'[{_seconds(ms)},"' for ms in moments[known].tolist()], dtype=object)
        series = []
        for row, told in enumerate(rows):
            if not _matches(told, matchers):
                continue
            points = _points(stamps, values[row, samples])
            if points:
                series.append(f'{{"metric":{_labels(metric, told)},"values":[{points}]}}')
        body = f'{{"status":"success","data":{{"resultType":"matrix","result":[{",".join(series)}]}}}}'
        return Response(200, "application/json", body.encode())

    def _query(self, parameters: Parameters) -> Response:
        at = _timestamp_ms(parameters, "time")
        metric, matchers = parse_selector(parameters.get("query", ""))
        rows, values = self._series(metric)
        sample = int(self._samples(np.array([at]), values.shape[1])[0])
        series = []
        for row, told in enumerate(rows):
            recent = values[row, max(sample - 1, 0) : max(sample + 1, 0)]
            newest = recent[~np.isnan(recent)]
            if len(newest) and _matches(told, matchers):
                point = f'[{_seconds(at)},"{newest[-1]:.15g}"]'
                series.append(f'{{"metric":{_labels(metric, told)},"value":{point}}}')
        body = f'{{"status":"success","data":{{"resultType":"vector","result":[{",".join(series)}]}}}}'
        return Response(200, "application/json", body.encode())


def _matches(labels: Labels, matchers: Sequence[tuple[str, str]]) -> bool:
    return all(labels.get(name, "") == value for name, value in matchers)


def _labels(metric: str, labels: Labels) -> str:
    return json.dumps({"__name__": metric, **labels}, separators=(",", ":"))


def parse_selector(query: str) -> tuple[str, list[tuple[str, str]]]:
    """``name{label="value", ...}`` as (name, equality matchers). Raises ValueError worded as Prometheus does."""
    text = query.strip()
    name = _METRIC.match(text)
    if name is None:
        raise _parse_error(1, "no expression found in input" if not text else f"unexpected {text[0]!r}")
    position, matchers = name.end(), []
    rest = text[position:].lstrip()
    position = len(text) - len(rest)
    if rest.startswith("{"):
        position += 1
        while found := _MATCHER.match(text, position):
            label, quoted = found.groups()
            raw = quoted[1:-1]
            matchers.append((label, raw if quoted[0] == "`" else _ESCAPE.sub(_unescape, raw)))
            position = found.end()
            if not text.startswith(",", position):
                break
            position += 1
        while text[position : position + 1].isspace():
            position += 1
        if not text.startswith("}", position):
            raise _parse_error(position + 1, f"unexpected {text[position : position + 1]!r} in label matching")
        position += 1
    if text[position:].strip():
        raise _parse_error(
            position + 1, f"unexpected {text[position:].strip()[0]!r}; only plain selectors are simulated"
        )
    return name.group(), matchers


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match.group(1), match.group(1))


def _parse_error(column: int, problem: str) -> ValueError:
    return ValueError(f'invalid parameter "query": 1:{column}: parse error: {problem}')


def _points(stamps: npt.NDArray[np.object_], values: npt.NDArray[np.float64]) -> str:
    """``[t,"v"],...`` for the values that exist. Distinct values are few, so each is written once."""
    exists = ~np.isnan(values)
    distinct, which = np.unique(values[exists], return_inverse=True)
    endings = np.array([f'{value:.15g}"]' for value in distinct.tolist()], dtype=object)
    return ",".join((stamps[exists] + endings[which]).tolist()) if len(distinct) else ""


def _seconds(milliseconds: int) -> str:
    """Prometheus's JSON time: whole seconds bare, else three decimals."""
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03d}" if rest else str(whole)


def _timestamp_ms(parameters: Parameters, name: str) -> int:
    text = parameters.get(name, "")
    problem = ValueError(f'invalid parameter "{name}": cannot parse "{text}" to a valid timestamp')
    try:
        return round(float(text) * 1000)
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise problem from None
    if moment.tzinfo is None:
        raise problem
    return round(moment.timestamp() * 1000)


def _step_ms(parameters: Parameters) -> int:
    text = parameters.get("step", "")
    problem = ValueError(f'invalid parameter "step": cannot parse "{text}" to a valid duration')
    try:
        step = round(float(text) * 1000)
    except OverflowError:
        raise problem from None
    except ValueError:
        found = _DURATION.fullmatch(text)
        if not text or found is None:
            raise problem from None
        step = sum(int(n or 0) * unit for n, unit in zip(found.groups(), _DURATION_MS, strict=True))
    if step <= 0:
        raise ValueError(
            'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
            "Try a positive integer"
        )
    return step
