"""Administrative procedures of the synthetic province. Codes begin with 9, which no national code does."""

from typing import NamedTuple


class Procedure(NamedTuple):
    """``level`` is who receives it: province, district or commune; ``fee_vnd`` 0 where it is free."""

    code: str
    name: str
    field_name: str
    agency: str  # of the province level; below it the people's committee of the unit
    level: str
    service: str  # word of the form: Toàn trình, Một phần, Cung cấp thông tin
    limit_days: float
    fee_vnd: int
    weight: float


_FULL, _PART, _INFORMATION = "Toàn trình", "Một phần", "Cung cấp thông tin"
_ROWS: tuple[tuple[str, str, tuple[tuple[str, str, str, float, int, float], ...]], ...] = (
    (
        "Hộ tịch",
        "Sở Tư pháp",
        (
            ("Đăng ký khai sinh", "commune", _PART, 1, 0, 9),
            ("Đăng ký kết hôn", "commune", _PART, 1, 0, 4),
            ("Đăng ký khai tử", "commune", _PART, 1, 0, 3),
            ("Cấp bản sao trích lục hộ tịch", "commune", _FULL, 1, 8_000, 8),
            ("Cấp giấy xác nhận tình trạng hôn nhân", "commune", _FULL, 3, 15_000, 5),
            ("Cấp phiếu lý lịch tư pháp số 1", "province", _FULL, 10, 200_000, 5),
        ),
    ),
    (
        "Đất đai",
        "Sở Tài nguyên và Môi trường",
        (
            ("Đăng ký biến động quyền sử dụng đất", "district", _PART, 10, 60_000, 8),
            ("Cấp đổi giấy chứng nhận quyền sử dụng đất", "district", _PART, 7, 50_000, 5),
            ("Tách thửa, hợp thửa đất", "district", _PART, 15, 60_000, 3),
            ("Chuyển mục đích sử dụng đất", "district", _INFORMATION, 15, 100_000, 2),
            ("Xóa đăng ký thế chấp quyền sử dụng đất", "district", _FULL, 1, 20_000, 4),
        ),
    ),
    (
        "Đăng ký kinh doanh",
        "Sở Kế hoạch và Đầu tư",
        (
            ("Đăng ký thành lập công ty trách nhiệm hữu hạn", "province", _FULL, 3, 50_000, 3),
            ("Đăng ký thay đổi nội dung đăng ký doanh nghiệp", "province", _FULL, 3, 50_000, 3),
            ("Đăng ký thành lập hộ kinh doanh", "district", _FULL, 3, 100_000, 4),
            ("Chấm dứt hoạt động hộ kinh doanh", "district", _FULL, 3, 0, 1.5),
        ),
    ),
    (
        "Xây dựng",
        "Sở Xây dựng",
        (
            ("Cấp giấy phép xây dựng nhà ở riêng lẻ", "district", _PART, 15, 75_000, 4),
            ("Cấp giấy phép xây dựng công trình", "province", _PART, 20, 150_000, 1),
            ("Cung cấp thông tin quy hoạch xây dựng", "district", _FULL, 15, 0, 1.5),
        ),
    ),
    (
        "Giao thông vận tải",
        "Sở Giao thông vận tải",
        (
            ("Đổi giấy phép lái xe", "province", _FULL, 5, 135_000, 6),
            ("Cấp phù hiệu xe ô tô kinh doanh vận tải", "province", _FULL, 2, 0, 2),
            ("Cấp giấy phép lưu hành xe quá tải trọng", "province", _PART, 2, 0, 0.8),
        ),
    ),
    (
        "Lao động, người có công và xã hội",
        "Sở Lao động - Thương binh và Xã hội",
        (
            ("Hỗ trợ người lao động gặp khó khăn do dịch COVID-19", "commune", _PART, 7, 0, 3),
            ("Thực hiện trợ cấp xã hội hằng tháng", "commune", _INFORMATION, 22, 0, 3),
            ("Hỗ trợ chi phí mai táng", "commune", _PART, 5, 0, 1.5),
            ("Cấp giấy phép lao động cho người nước ngoài", "province", _FULL, 5, 600_000, 0.6),
        ),
    ),
    (
        "Y tế",
        "Sở Y tế",
        (
            ("Cấp chứng chỉ hành nghề khám bệnh, chữa bệnh", "province", _PART, 30, 360_000, 1),
            ("Cấp giấy chứng nhận đủ điều kiện kinh doanh dược", "province", _PART, 20, 750_000, 0.8),
        ),
    ),
    (
        "Giáo dục và Đào tạo",
        "Sở Giáo dục và Đào tạo",
        (
            ("Cấp bản sao văn bằng, chứng chỉ từ sổ gốc", "province", _FULL, 1, 0, 2),
            ("Chuyển trường đối với học sinh trung học", "province", _PART, 3, 0, 1),
        ),
    ),
    (
        "Công Thương",
        "Sở Công Thương",
        (
            ("Thông báo hoạt động khuyến mại", "province", _FULL, 5, 0, 1.5),
            ("Cấp giấy phép bán buôn rượu", "province", _FULL, 10, 200_000, 0.4),
        ),
    ),
    (
        "Thông tin và Truyền thông",
        "Sở Thông tin và Truyền thông",
        (
            ("Cấp giấy phép thiết lập trang thông tin điện tử tổng hợp", "province", _FULL, 10, 0, 0.2),
            ("Cấp giấy phép xuất bản tài liệu không kinh doanh", "province", _FULL, 10, 0, 0.3),
            ("Cấp giấy phép hoạt động in", "province", _FULL, 15, 0, 0.02),  # hardly anybody asks for it
        ),
    ),
)

PROCEDURES = tuple(
    Procedure(f"9.{group:03d}{number:03d}", name, field_name, agency, level, service, days, fee, weight)
    for group, (field_name, agency, rows) in enumerate(_ROWS, start=1)
    for number, (name, level, service, days, fee, weight) in enumerate(rows, start=1)
)
