"""The 75 communes of Hậu Giang before 1 July 2025, as facts."""

from typing import NamedTuple


class Commune(NamedTuple):
    """One commune: statistics-office code, name, district code, and a point (degrees, WGS84) inside it.

    Codes, names and districts are those of Resolution 1668/NQ-UBTVQH15 (clauses 16-22 and 44-64) and the
    statistics office's catalogue. The point only approximates: it lies in the old district and in the unit
    that absorbed the commune in 2025, at least 0.008 degrees from that unit's edge; no survey stands behind it.
    """

    code: str
    name: str
    district_code: str
    lat: float
    long: float


DISTRICTS = {
    "930": "thành phố Vị Thanh",
    "931": "thành phố Ngã Bảy",
    "932": "huyện Châu Thành A",
    "933": "huyện Châu Thành",
    "934": "huyện Phụng Hiệp",
    "935": "huyện Vị Thủy",
    "936": "huyện Long Mỹ",
    "937": "thị xã Long Mỹ",
}

COMMUNES = (
    Commune("31318", "Phường I", "930", 9.756, 105.456),
    Commune("31321", "Phường III", "930", 9.769, 105.475),
    Commune("31324", "Phường IV", "930", 9.797, 105.455),
    Commune("31327", "Phường V", "930", 9.793, 105.479),
    Commune("31330", "Phường VII", "930", 9.739, 105.447),
    Commune("31333", "Xã Vị Tân", "930", 9.779, 105.439),
    Commune("31336", "Xã Hoả Lựu", "930", 9.699, 105.358),
    Commune("31338", "Xã Tân Tiến", "930", 9.724, 105.411),
    Commune("31339", "Xã Hoả Tiến", "930", 9.712, 105.379),
    Commune("31340", "Phường Ngã Bảy", "931", 9.810, 105.798),
    Commune("31341", "Phường Lái Hiếu", "931", 9.804, 105.818),
    Commune("31342", "Thị trấn Một Ngàn", "932", 9.915, 105.614),
    Commune("31343", "Phường Hiệp Thành", "931", 9.792, 105.838),
    Commune("31344", "Phường Hiệp Lợi", "931", 9.849, 105.833),
    Commune("31345", "Xã Tân Hoà", "932", 9.935, 105.624),
    Commune("31346", "Thị trấn Bảy Ngàn", "932", 9.895, 105.586),
    Commune("31348", "Xã Trường Long Tây", "932", 9.920, 105.560),
    Commune("31351", "Xã Trường Long A", "932", 9.950, 105.580),
    Commune("31357", "Xã Nhơn Nghĩa A", "932", 9.943, 105.644),
    Commune("31359", "Thị trấn Rạch Gòi", "932", 9.933, 105.698),
    Commune("31360", "Xã Thạnh Xuân", "932", 9.947, 105.718),
    Commune("31362", "Thị trấn Cái Tắc", "932", 9.929, 105.753),
    Commune("31363", "Xã Tân Phú Thạnh", "932", 9.915, 105.668),
    Commune("31366", "Thị trấn Ngã Sáu", "933", 9.944, 105.863),
    Commune("31369", "Xã Đông Thạnh", "933", 9.929, 105.777),
    Commune("31375", "Xã Đông Phú", "933", 9.946, 105.819),
    Commune("31378", "Xã Phú Hữu", "933", 9.926, 105.837),
    Commune("31379", "Xã Phú Tân", "933", 9.902, 105.845),
    Commune("31381", "Thị trấn Mái Dầm", "933", 9.962, 105.841),
    Commune("31384", "Xã Đông Phước", "933", 9.886, 105.793),
    Commune("31387", "Xã Đông Phước A", "933", 9.949, 105.749),
    Commune("31393", "Thị trấn Kinh Cùng", "934", 9.784, 105.631),
    Commune("31396", "Thị trấn Cây Dương", "934", 9.765, 105.736),
    Commune("31399", "Xã Tân Bình", "934", 9.880, 105.670),
    Commune("31402", "Xã Bình Thành", "934", 9.864, 105.645),
    Commune("31405", "Xã Thạnh Hòa", "934", 9.879, 105.759),
    Commune("31408", "Xã Long Thạnh", "934", 9.876, 105.726),
    Commune("31411", "Xã Đại Thành", "931", 9.825, 105.839),
    Commune("31414", "Xã Tân Thành", "931", 9.843, 105.799),
    Commune("31417", "Xã Phụng Hiệp", "934", 9.778, 105.685),
    Commune("31420", "Xã Hòa Mỹ", "934", 9.810, 105.688),
    Commune("31423", "Xã Hòa An", "934", 9.769, 105.655),
    Commune("31426", "Xã Phương Bình", "934", 9.687, 105.699),
    Commune("31429", "Xã Hiệp Hưng", "934", 9.804, 105.760),
    Commune("31432", "Xã Tân Phước Hưng", "934", 9.732, 105.778),
    Commune("31433", "Thị trấn Búng Tàu", "934", 9.760, 105.802),
    Commune("31435", "Xã Phương Phú", "934", 9.727, 105.687),
    Commune("31438", "Xã Tân Long", "934", 9.841, 105.745),
    Commune("31441", "Thị trấn Nàng Mau", "935", 9.736, 105.547),
    Commune("31444", "Xã Vị Trung", "935", 9.788, 105.513),
    Commune("31447", "Xã Vị Thuỷ", "935", 9.752, 105.500),
    Commune("31450", "Xã Vị Thắng", "935", 9.772, 105.531),
    Commune("31453", "Xã Vĩnh Thuận Tây", "935", 9.720, 105.498),
    Commune("31456", "Xã Vĩnh Trung", "935", 9.810, 105.573),
    Commune("31459", "Xã Vĩnh Tường", "935", 9.829, 105.598),
    Commune("31462", "Xã Vị Đông", "935", 9.864, 105.549),
    Commune("31465", "Xã Vị Thanh", "935", 9.858, 105.577),
    Commune("31468", "Xã Vị Bình", "935", 9.843, 105.525),
    Commune("31471", "Phường Thuận An", "937", 9.693, 105.625),
    Commune("31472", "Phường Trà Lồng", "937", 9.663, 105.659),
    Commune("31473", "Phường Bình Thạnh", "937", 9.732, 105.588),
    Commune("31474", "Xã Long Bình", "937", 9.744, 105.602),
    Commune("31475", "Phường Vĩnh Tường", "937", 9.706, 105.574),
    Commune("31477", "Xã Long Trị", "937", 9.672, 105.603),
    Commune("31478", "Xã Long Trị A", "937", 9.702, 105.646),
    Commune("31480", "Xã Long Phú", "937", 9.641, 105.599),
    Commune("31481", "Xã Tân Phú", "937", 9.641, 105.625),
    Commune("31483", "Xã Thuận Hưng", "936", 9.632, 105.566),
    Commune("31484", "Xã Thuận Hòa", "936", 9.634, 105.528),
    Commune("31486", "Xã Vĩnh Thuận Đông", "936", 9.696, 105.520),
    Commune("31489", "Thị trấn Vĩnh Viễn", "936", 9.665, 105.466),
    Commune("31490", "Xã Vĩnh Viễn A", "936", 9.679, 105.434),
    Commune("31492", "Xã Lương Tâm", "936", 9.610, 105.454),
    Commune("31493", "Xã Lương Nghĩa", "936", 9.628, 105.429),
    Commune("31495", "Xã Xà Phiên", "936", 9.610, 105.500),
)
