"""The faults planted in the newer sources of the province, and where a sound lake shows each of them.

Those of tickets, servers, articles and camera files are counted in the answer key itself.
"""

from typing import NamedTuple

from lake.simulator import camera_registry, document, dossier, indicator, pages, probes


class Refused(NamedTuple):
    """A record that quarantine must hold: in ``source``, under ``reason``."""

    fault: str
    source: str
    reason: str


class Kept(NamedTuple):
    """A fault no row can be refused for. ``evidence`` is what the check that finds it must name, of that source."""

    fault: str
    source: str
    evidence: str


REFUSED = (
    Refused("the same dossier twice in one report", "mot-cua", "duplicate_key"),
    Refused("a result returned ten days before the dossier was filed", "mot-cua", "time_order"),
    Refused("a day written month first", "mot-cua", "month_first"),
    Refused("a register the form does not know", "van-ban", "unknown_word"),
    Refused("a symbol that is none", "van-ban", "bad_format"),
    Refused("a deadline before the document", "van-ban", "time_order"),
    Refused("a task done without proof", "nhiem-vu", "needed_here"),
    Refused("a percentage above 100", "nhiem-vu", "out_of_range"),
    Refused("a total among the rows", "he-thong", "total_row"),
    Refused("more devices than downloads", "he-thong", "above_limit"),
    Refused("a formula without a result", "chi-tieu", "excel_error"),
    Refused("a unit code with a letter of another alphabet", "chi-tieu", "bad_format"),
    Refused("a number written the English way", "chi-tieu", "english_number"),
    Refused("a value of 0 that is told to be missing", "chi-tieu", "value_without_status"),
    Refused("shares as the page shows them, 1,2K", "trang-mang-xa-hoi", "bad_count"),
    Refused("a kilometre mark with a letter", "danh-muc-camera", "bad_km_mark"),
)
KEPT = {
    "unknown unit": Kept("a district code that no district has", "mot-cua", dossier.UNKNOWN_UNIT),
    "missing report": Kept("a month whose documents nobody reported", "van-ban", document.MISSING_MONTH),
    "missing month": Kept("a month no report tells of", "chi-tieu", "{}-{:02d}".format(*indicator.MISSING_MONTH)),
    "unbalanced": Kept("communes that do not add up", "chi-tieu", "{}-{:02d}".format(*indicator.UNBALANCED)),
    "revised": Kept("a large revision", "chi-tieu", indicator.REVISED[0]),
    "falling silent": Kept("a page that stops", "trang-mang-xa-hoi", pages.page_id(pages.SILENT_PAGE)),
    "never seen": Kept("a registered page without a post", "so-dang-ky-bao-chi", pages.page_id(pages.NEVER_SEEN_PAGE)),
    "probe gap": Kept("a system nobody asked for two hours", "he-thong-dung-chung", probes.GAP_SYSTEM),
    "retired first": Kept("taken down before put up", "danh-muc-camera", camera_registry.RETIRED_BEFORE_INSTALLED),
}
