"""Retries and limits of runs."""

import dagster as dg

# A source that does not answer now often answers in a minute; the HTTP client has retried within seconds already.
HARVEST_RETRY = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
INCREMENTAL = "ioc/incremental"  # run tag: go on where the last harvest ended, whatever day the run is for
INTERACTIVE = "ioc/interactive"  # run tag: someone waits at a terminal, so fail at once instead of retrying
INSTANCE_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
concurrency:
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      - key: ioc/warehouse
        limit: 1
run_monitoring:
  enabled: true
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: 90
"""
