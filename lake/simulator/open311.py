"""The ticket ledger on the wire: Open311 GeoReport v2, JSON (wiki.open311.org/GeoReport_v2)."""

from collections.abc import Callable
from datetime import datetime

from lake.simulator.clocks import Clock
from lake.simulator.province import TIME_ZONE
from lake.simulator.response import NOT_FOUND, Parameters, Response, json_response
from lake.simulator.ticket import Ticket, ledger
from lake.simulator.ticket_words import SERVICES, Service

_DEFAULT_PAGE_SIZE, _LARGEST_PAGE_SIZE = 100, 500
_BOUNDS: dict[str, Callable[[Ticket, datetime], bool]] = {  # both ends belong to the range
    "start_date": lambda ticket, bound: ticket.requested_at >= bound,
    "end_date": lambda ticket, bound: ticket.requested_at <= bound,
    "updated_after": lambda ticket, bound: ticket.updated_at >= bound,
    "updated_before": lambda ticket, bound: ticket.updated_at <= bound,
}


class Open311:
    """Serves ``services.json``, ``requests.json`` (filtered, paged) and ``requests/{id}.json`` as of the clock."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._ledger, self._clock = ledger(seed), clock
        self._known: tuple[datetime, list[Ticket]] | None = None

    def _tickets(self) -> list[Ticket]:
        """What is received, in the order of updates; a clock that stands tells the same every time."""
        now = self._clock.now()
        if self._known is None or self._known[0] != now:
            told = [ticket.as_of(now, self._clock.told) for ticket in self._ledger if ticket.requested_at <= now]
            self._known = now, sorted(told, key=lambda ticket: (ticket.updated_at, ticket.request_id))
        return self._known[1]

    def respond(self, path: str, parameters: Parameters) -> Response:
        """``path`` is relative to the endpoint. Bad parameters give GeoReport's error array with status 400."""
        if path == "services.json":
            return json_response([_service(service) for service in SERVICES])
        if path == "requests.json":
            try:
                return json_response([_request(ticket) for ticket in self._page(parameters)])
            except ValueError as error:
                return _error(400, str(error))
        if path.startswith("requests/") and path.endswith(".json"):
            wanted = path.removeprefix("requests/").removesuffix(".json")
            found = [_request(ticket) for ticket in self._tickets() if ticket.request_id == wanted]
            return json_response(found) if found else _error(404, f"service_request_id {wanted} was not found")
        return NOT_FOUND

    def _page(self, parameters: Parameters) -> list[Ticket]:
        page = _positive(parameters, "page", 1)
        size = min(_positive(parameters, "page_size", _DEFAULT_PAGE_SIZE), _LARGEST_PAGE_SIZE)
        statuses = set(parameters.get("status", "open,closed").split(","))
        if not statuses <= {"open", "closed"}:
            raise ValueError("status must be open, closed or both separated by a comma")
        found = [ticket for ticket in self._tickets() if _status(ticket) in statuses]
        for name, holds in _BOUNDS.items():
            if name in parameters:
                bound = _instant(parameters, name)
                found = [ticket for ticket in found if holds(ticket, bound)]
        return found[(page - 1) * size : page * size]


def _status(ticket: Ticket) -> str:
    return "open" if ticket.closed_at is None else "closed"


def _service(service: Service) -> dict[str, object]:
    return {
        "service_code": service.code,
        "service_name": service.name,
        "description": f"Phản ánh thuộc lĩnh vực {service.name}",
        "metadata": False,
        "type": "realtime",
        "keywords": "",
        "group": "Phản ánh hiện trường",
    }


def _request(ticket: Ticket) -> dict[str, object]:
    lat, long = ticket.point or (None, None)
    reporter = ticket.reporter
    return {
        "service_request_id": ticket.request_id,
        "status": _status(ticket),
        "status_notes": ticket.status_notes,
        "service_name": ticket.service.name,
        "service_code": ticket.service.code,
        "description": ticket.description,
        "agency_responsible": ticket.agency,
        "service_notice": None,
        "requested_datetime": ticket.requested_at.isoformat(),
        "updated_datetime": ticket.updated_at.isoformat(),
        "expected_datetime": ticket.expected_at.isoformat(),
        "address": ticket.address,
        "address_id": None,
        "zipcode": "95000",
        "lat": lat,
        "long": long,
        "media_url": f"https://anh.example/{ticket.request_id}.jpg" if ticket.has_photo else None,
        "first_name": reporter.first_name,
        "last_name": reporter.last_name,
        "phone": reporter.phone,
        "email": reporter.email,
        "device_id": reporter.device_id,
        "account_id": reporter.account_id,
        "extended_attributes": {
            "channel": ticket.channel,
            "unit_code": ticket.commune.code,
            "closed_datetime": ticket.closed_at.isoformat() if ticket.closed_at else None,
            "satisfaction": ticket.satisfaction,
            "parent_service_request_id": ticket.parent_id,
        },
        "notes": [
            {"type": e.kind, "datetime": e.at.isoformat(), "extended_attributes": {"agency_responsible": e.agency}}
            for e in ticket.events
        ],
    }


def _positive(parameters: Parameters, name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError(f"{name} must be a whole number from 1, not {text!r}")
    return int(text)


def _instant(parameters: Parameters, name: str) -> datetime:
    """A W3C date-time; one without offset means provincial time."""
    try:
        moment = datetime.fromisoformat(parameters[name])
    except ValueError:
        raise ValueError(f"{name} must be a W3C date-time such as 2021-09-30T17:00:00+07:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=TIME_ZONE)


def _error(status: int, description: str) -> Response:
    return json_response([{"code": status, "description": description}], status)
