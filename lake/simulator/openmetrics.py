"""One server's exporter page in OpenMetrics 1.0 text (github.com/prometheus/OpenMetrics), names as node_exporter's."""

from lake.simulator.monitoring import SAMPLES, STEP_S, ledger, sample_time
from lake.simulator.response import Response

_MEDIA_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_CPUS = 4
_BOOT_SAMPLE = SAMPLES - 40 * 288  # the server was last started 40 days before the clock


def exporter_page(seed: int) -> Response:
    """The page of the first server as scraped last before the clock; gauges agree with the Prometheus history."""
    monitoring = ledger(seed)
    gauges = {name: values[0, -1] for name, values in monitoring.gauges.items()}
    uptime_s = (SAMPLES - _BOOT_SAMPLE) * STEP_S
    lines = _family("node_boot_time_seconds", "gauge", "Node boot time, in unixtime.", unit="seconds")
    lines.append(f"node_boot_time_seconds {sample_time(_BOOT_SAMPLE).timestamp():.1f}")
    lines += _family("node_cpu_seconds", "counter", "Seconds the CPUs spent in each mode.", unit="seconds")
    for cpu in range(_CPUS):
        for mode, share in (("idle", 0.86), ("iowait", 0.01), ("system", 0.04), ("user", 0.09)):
            seconds = uptime_s * share * (1 + 0.002 * cpu)
            lines.append(f'node_cpu_seconds_total{{cpu="{cpu}",mode="{mode}"}} {seconds:.2f}')
    lines += _family("node_load1", "gauge", "1m load average.")
    lines.append(f"node_load1 {gauges['node_load1']:.2f}")
    lines += _family("node_memory_MemAvailable_bytes", "gauge", "Memory available.", unit="bytes")
    lines.append(f"node_memory_MemAvailable_bytes {gauges['node_memory_MemAvailable_bytes']:.0f}")
    lines += _family("node_filesystem_avail_bytes", "gauge", "Space available to non-root users.", unit="bytes")
    disk = gauges["node_filesystem_avail_bytes"]
    lines.append(f'node_filesystem_avail_bytes{{device="/dev/sda1",fstype="ext4",mountpoint="/"}} {disk:.0f}')
    lines += _family("node_network_receive_bytes", "counter", "Bytes received.", unit="bytes")
    lines.append(f'node_network_receive_bytes_total{{device="eth0"}} {uptime_s * 48_211}')
    lines.append("# EOF")
    return Response(200, _MEDIA_TYPE, ("\n".join(lines) + "\n").encode())


def _family(name: str, kind: str, text: str, unit: str = "") -> list[str]:
    unit_line = [f"# UNIT {name} {unit}"] if unit else []
    return [f"# TYPE {name} {kind}", *unit_line, f"# HELP {name} {text}"]
