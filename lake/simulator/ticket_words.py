"""What citizens write and offices answer: sentence material for the ticket ledger, in Vietnamese."""

from typing import NamedTuple


class Service(NamedTuple):
    """One field of reports. ``agency`` and the texts take ``{unit}`` (xã Vị Tân) and ``{spot}`` (ấp 3)."""

    code: str
    name: str
    weight: float
    agency: str
    complaints: tuple[str, ...]


SERVICES = (
    Service(
        "HTGT",
        "Hạ tầng giao thông",
        0.21,
        "Phòng Quản lý đô thị, {district}",
        (
            "Mặt đường qua {spot}, {unit} có nhiều ổ gà, trời mưa nước ngập không thấy đường đi.",
            "Cầu bê tông ở {spot}, {unit} bị sụt lún ở hai đầu mố, xe chở lúa đi qua rất nguy hiểm.",
            "Đèn chiếu sáng công cộng đoạn {spot}, {unit} hư hơn hai tuần nay, ban đêm rất tối.",
            "Biển báo tại ngã ba {spot}, {unit} bị cây che khuất, đề nghị cắt tỉa.",
            "Lan can cầu tại {spot}, {unit} bị gãy sau va chạm, chưa thấy ai sửa chữa.",
        ),
    ),
    Service(
        "MT",
        "Môi trường",
        0.15,
        "Phòng Tài nguyên và Môi trường, {district}",
        (
            "Rác sinh hoạt chất đống tại {spot}, {unit} ba ngày chưa được thu gom, bốc mùi hôi thối.",
            "Trại heo gần {spot}, {unit} xả nước thải xuống kênh, nước đen và cá chết nổi.",
            "Bà con {spot}, {unit} đốt rơm rạ vào buổi tối, khói mù ảnh hưởng người già và trẻ nhỏ.",
            "Lục bình dày đặc trên kênh ở {spot}, {unit}, ghe xuồng không qua lại được.",
            "Cơ sở xay xát tại {spot}, {unit} gây bụi và tiếng ồn cả ban đêm.",
        ),
    ),
    Service(
        "TTDT",
        "Trật tự đô thị",
        0.10,
        "Đội Trật tự đô thị, {district}",
        (
            "Vỉa hè trước chợ {unit}, {spot} bị lấn chiếm để buôn bán, người đi bộ phải xuống lòng đường.",
            "Xe tải đậu cả ngày trên lề đường tại {spot}, {unit} làm che khuất tầm nhìn.",
            "Hàng quán ở {spot}, {unit} hát karaoke loa kẹo kéo đến khuya, nhắc nhở nhiều lần không hết.",
            "Biển quảng cáo tại {spot}, {unit} dựng sai quy định, nghiêng ra đường.",
        ),
    ),
    Service(
        "ANTT",
        "An ninh trật tự",
        0.09,
        "Công an {unit}",
        (
            "Một nhóm thanh niên tụ tập đua xe tại {spot}, {unit} vào tối cuối tuần.",
            "Khu vực {spot}, {unit} gần đây xảy ra mấy vụ trộm gà vịt và máy bơm nước, đề nghị tuần tra.",
            "Nghi có tụ điểm đánh bạc trong nhà dân tại {spot}, {unit}.",
            "Người lạ đến {spot}, {unit} mời chào vay tiền lãi cao và dán tờ rơi khắp nơi.",
        ),
    ),
    Service(
        "YTCV",
        "Y tế – COVID-19",
        0.13,
        "Trung tâm Y tế {district}",
        (
            "Tôi ở {spot}, {unit}, đã khai báo y tế nhưng chưa được gọi lấy mẫu xét nghiệm.",
            "Xin hỏi khi nào {spot}, {unit} tổ chức tiêm vắc xin cho người trên 65 tuổi.",
            "Có người về từ vùng dịch tại {spot}, {unit} nhưng không thực hiện cách ly tại nhà.",
            "Chốt kiểm soát dịch tại {spot}, {unit} chưa giải quyết cho xe chở nông sản qua lại.",
            "Gia đình tôi ở {spot}, {unit} trong khu phong tỏa cần hỗ trợ lương thực và thuốc uống.",
        ),
    ),
    Service(
        "GD",
        "Giáo dục",
        0.06,
        "Phòng Giáo dục và Đào tạo, {district}",
        (
            "Trường ở {spot}, {unit} thu các khoản đầu năm nhưng không công khai với phụ huynh.",
            "Con tôi học trực tuyến tại {spot}, {unit} nhưng nhà không có thiết bị, xin được hỗ trợ.",
            "Hàng rào trường mẫu giáo tại {spot}, {unit} bị đổ, trẻ em dễ ra mé sông.",
        ),
    ),
    Service(
        "DN",
        "Điện – nước",
        0.10,
        "UBND {unit}",
        (
            "Nước máy tại {spot}, {unit} yếu và có màu vàng đục suốt tuần nay.",
            "Khu {spot}, {unit} cúp điện nhiều lần trong ngày mà không có thông báo trước.",
            "Trụ điện tại {spot}, {unit} bị nghiêng, dây điện võng sát mặt đường.",
            "Đồng hồ nước nhà tôi ở {spot}, {unit} chạy nhanh bất thường, tiền nước tăng gấp đôi.",
        ),
    ),
    Service(
        "DDXD",
        "Đất đai – xây dựng",
        0.07,
        "Phòng Tài nguyên và Môi trường, {district}",
        (
            "Hộ bên cạnh xây nhà lấn ranh đất tại {spot}, {unit}, đã trình báo nhưng chưa được trả lời.",
            "Có người san lấp kênh công cộng tại {spot}, {unit} để làm nền nhà.",
            "Hồ sơ cấp giấy chứng nhận quyền sử dụng đất của tôi ở {spot}, {unit} nộp đã lâu chưa có kết quả.",
        ),
    ),
    Service(
        "TTHC",
        "Thủ tục hành chính",
        0.06,
        "UBND {unit}",
        (
            "Tôi đi chứng thực giấy tờ tại {unit} hai lần nhưng cán bộ phụ trách đi vắng.",
            "Nộp hồ sơ đăng ký khai sinh trực tuyến cho cháu ở {spot}, {unit}, quá ngày hẹn chưa nhận kết quả.",
            "Bộ phận một cửa {unit} yêu cầu bổ sung giấy tờ không có trong quy định.",
        ),
    ),
    Service(
        "TTVT",
        "Thông tin – viễn thông",
        0.03,
        "Sở Thông tin và Truyền thông",
        (
            "Sóng điện thoại tại {spot}, {unit} rất yếu, không học trực tuyến được.",
            "Dây cáp viễn thông tại {spot}, {unit} rơi xuống đường, xe máy dễ vướng.",
            "Có trang mạng đăng tin sai về dịch bệnh tại {spot}, {unit}, đề nghị xử lý.",
        ),
    ),
)

REQUESTS = (
    "Đề nghị cơ quan chức năng kiểm tra, xử lý.",
    "Mong được giải quyết sớm cho bà con.",
    "Rất mong địa phương quan tâm khắc phục.",
    "Xin cảm ơn.",
    "",
)

# Each text plants one personal string; the ledger keeps what was planted so that redaction can be proved.
PERSONAL_SENTENCES = {
    "phone": (
        "Cần thêm thông tin xin gọi số {value}.",
        "Liên hệ tôi qua Zalo {value}.",
        "SĐT của tôi: {value}.",
    ),
    "email": ("Xin trả lời qua thư điện tử {value}.", "Email liên hệ: {value}."),
    "plate": ("Xe mang biển số {value} thường xuyên vi phạm.", "Tôi thấy xe {value} đổ rác tại đây."),
    "id_card": ("Số CCCD của tôi là {value}.", "Tôi đứng tên hồ sơ, CMND {value}."),
}

CLOSED_NOTES = (
    "Đã kiểm tra thực tế và khắc phục xong.",
    "Đơn vị đã xử lý và thông báo cho người phản ánh.",
    "Đã làm việc với hộ dân, yêu cầu chấp hành quy định.",
    "Đã trả lời theo quy định hiện hành.",
    "Đã đưa vào kế hoạch sửa chữa và hoàn thành.",
)
OPEN_NOTES = (
    "Đã tiếp nhận, chờ phân công.",
    "Đã chuyển đơn vị có thẩm quyền.",
    "Đang xác minh thực tế.",
    "Đang phối hợp xử lý.",
)

SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Phan", "Trương", "Bùi", "Đặng", "Danh", "Lâm")
MIDDLE_NAMES = ("Văn", "Thị", "Minh", "Thanh", "Hoàng", "Ngọc", "Hữu", "Kim", "Quốc", "Mỹ")
GIVEN_NAMES = (
    "An",
    "Bình",
    "Cường",
    "Dung",
    "Hạnh",
    "Khoa",
    "Lan",
    "Nhân",
    "Phúc",
    "Tâm",
    "Thảo",
    "Út",
    "Xuân",
    "Yến",
)
