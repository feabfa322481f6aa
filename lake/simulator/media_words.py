"""What the synthetic news sites write: headlines and sentences by theme and tone, in Vietnamese.

The stories are invented. Slots: ``{place}`` a commune, ``{district}`` a district, ``{n}`` a small number, ``{m}`` a
large one, ``{pct}`` a percentage, ``{crop}`` a farm product, ``{hour}`` a time of day.
"""

from typing import NamedTuple


class Theme(NamedTuple):
    """A section of the news: (headline, lead sentence) pairs by tone, and sentences that may follow any of them."""

    name: str
    weight: float
    neutral: tuple[tuple[str, str], ...]
    positive: tuple[tuple[str, str], ...]
    negative: tuple[tuple[str, str], ...]
    context: tuple[str, ...]


THEMES = (
    Theme(
        "Phòng, chống dịch",
        0.24,
        (
            (
                "Hậu Giang ghi nhận {n} ca mắc COVID-19 mới trong ngày",
                "Trong {n} ca mới có trường hợp cư trú tại {place}, đã được cách ly từ trước.",
            ),
            (
                "{place} lập thêm chốt kiểm soát dịch",
                "Chốt hoạt động từ {hour}, kiểm tra giấy tờ người và xe qua lại địa bàn.",
            ),
            (
                "Lịch tiêm vắc xin tuần này tại {district}",
                "Đợt tiêm dự kiến phục vụ {m} người thuộc nhóm ưu tiên tại {n} điểm tiêm.",
            ),
            (
                "Điều chỉnh thời gian giãn cách tại {place}",
                "Việc điều chỉnh áp dụng từ {hour}, tùy mức độ nguy cơ của từng ấp, khu vực.",
            ),
        ),
        (
            (
                "{place} trở lại vùng xanh sau {n} ngày",
                "Nhiều ngày liền địa bàn không phát sinh ca mới, người dân phấn khởi trở lại sản xuất.",
            ),
            (
                "Thêm {m} liều vắc xin về {district} đúng kế hoạch",
                "Tỷ lệ tiêm mũi một đạt {pct}, vượt mục tiêu đề ra của tháng.",
            ),
        ),
        (
            (
                "Chậm hỗ trợ người dân khu phong tỏa ở {place}",
                "Nhiều hộ phản ánh chờ hơn {n} ngày vẫn chưa nhận được gói hỗ trợ lương thực.",
            ),
            (
                "Ổ dịch mới tại {place} chưa rõ nguồn lây",
                "Số ca tăng nhanh khiến cơ sở cách ly của {district} quá tải.",
            ),
        ),
        (
            "Ngành y tế khuyến cáo người dân thực hiện nghiêm thông điệp 5K khi ra khỏi nhà.",
            "Lực lượng chức năng đang truy vết những người tiếp xúc gần trong hai tuần qua.",
            "Các tổ COVID cộng đồng tiếp tục đi từng ngõ, gõ từng nhà để nắm thông tin.",
            "Người từ vùng dịch trở về phải khai báo y tế và theo dõi sức khỏe tại nơi cư trú.",
            "Kết quả xét nghiệm được cập nhật hai lần mỗi ngày trên trang thông tin của địa phương.",
        ),
    ),
    Theme(
        "Giao thông",
        0.13,
        (
            (
                "Phân luồng phương tiện qua cầu {place} để sửa chữa",
                "Từ {hour}, xe tải trên {n} tấn phải đi theo lộ trình thay thế trên địa bàn {district}.",
            ),
            (
                "Khảo sát nâng cấp tuyến đường liên xã qua {place}",
                "Tuyến dài khoảng {n} km, phục vụ vận chuyển nông sản của {district}.",
            ),
            (
                "Quốc lộ 61C lưu thông bình thường qua {district}",
                "Lưu lượng xe giờ cao điểm thấp hơn cùng kỳ vì số người đi lại giảm.",
            ),
        ),
        (
            (
                "Thông xe cầu nông thôn tại {place}",
                "Cây cầu hoàn thành sớm {n} ngày, giúp {m} hộ dân không còn phải qua đò.",
            ),
            (
                "{district} hoàn thành {n} km đường giao thông nông thôn",
                "Người dân hiến đất, góp công nên công trình về đích trước hạn.",
            ),
        ),
        (
            (
                "Đường qua {place} xuống cấp nghiêm trọng",
                "Ổ gà dày đặc suốt {n} km, trong tháng đã xảy ra nhiều vụ té ngã.",
            ),
            (
                "Tai nạn liên hoàn trên Quốc lộ 1A đoạn qua {district}",
                "Vụ va chạm lúc {hour} làm {n} người bị thương, giao thông ùn tắc kéo dài.",
            ),
        ),
        (
            "Đơn vị quản lý đường bộ đã lắp biển cảnh báo tạm thời ở hai đầu tuyến.",
            "Tài xế được đề nghị giảm tốc độ và chú ý quan sát khi đi qua đoạn đường này.",
            "Hình ảnh từ camera giao thông được chuyển về trung tâm để điều phối.",
            "Kinh phí thực hiện lấy từ nguồn bảo trì đường bộ năm nay.",
            "Bà con mong công trình sớm hoàn thành trước mùa mưa bão.",
        ),
    ),
    Theme(
        "Nông nghiệp",
        0.20,
        (
            (
                "{district} xuống giống {m} ha lúa thu đông",
                "Lịch xuống giống chia làm {n} đợt để né rầy và chủ động nước tưới.",
            ),
            (
                "Giá {crop} tại {place} đi ngang",
                "Thương lái thu mua tại ruộng, vườn với giá bằng tuần trước, sức mua chậm.",
            ),
            (
                "Theo dõi mực nước, độ mặn trên kênh qua {place}",
                "Số liệu đo lúc {hour} cho thấy độ mặn ở mức an toàn cho cây trồng.",
            ),
            (
                "Tập huấn kỹ thuật trồng {crop} cho nông dân {place}",
                "Lớp học tổ chức trực tuyến, có {n} hộ đăng ký tham gia.",
            ),
        ),
        (
            (
                "Nông dân {place} trúng mùa {crop}",
                "Năng suất tăng {pct} so với vụ trước, nhiều hộ lãi hàng chục triệu đồng mỗi công.",
            ),
            (
                "{crop} của {place} lên sàn thương mại điện tử",
                "Sau {n} ngày mở bán, hợp tác xã đã tiêu thụ được {m} kg, giá tốt.",
            ),
        ),
        (
            (
                "{crop} ùn ứ, nông dân {place} lỗ nặng",
                "Giá giảm {pct} trong {n} ngày, nhiều vườn chín rụng mà không có người mua.",
            ),
            (
                "Rầy nâu gây hại lúa ở {place}",
                "Diện tích nhiễm đã lên {m} ha, một số ruộng bị cháy rầy, mất trắng.",
            ),
        ),
        (
            "Ngành nông nghiệp đề nghị bà con thăm đồng thường xuyên và không phun thuốc tràn lan.",
            "Tổ công tác kết nối tiêu thụ nông sản vẫn tiếp nhận đăng ký của hợp tác xã.",
            "Chi phí phân bón và công lao động là mối quan tâm lớn của người trồng.",
            "Trạm khuyến nông sẽ cập nhật khuyến cáo kỹ thuật hằng tuần.",
            "Việc vận chuyển nông sản theo luồng xanh được các chốt tạo điều kiện.",
        ),
    ),
    Theme(
        "Giáo dục",
        0.11,
        (
            (
                "Trường học ở {place} chuẩn bị phương án dạy trực tuyến",
                "Nhà trường rà soát được {n} học sinh chưa có thiết bị học tập.",
            ),
            (
                "Lịch tựu trường của học sinh {district}",
                "Thời gian cụ thể từng cấp học sẽ thông báo trước {n} ngày.",
            ),
        ),
        (
            (
                "Trao {m} máy tính bảng cho học sinh khó khăn {district}",
                "Món quà giúp các em yên tâm học tập, thầy cô và phụ huynh rất vui mừng.",
            ),
            (
                "Học sinh {place} đoạt giải cao cuộc thi khoa học",
                "Dự án được đánh giá xuất sắc trong {m} bài dự thi.",
            ),
        ),
        (
            (
                "Nhiều học sinh {place} bỏ dở giờ học vì mạng yếu",
                "Có lớp chỉ {pct} học sinh vào học, phụ huynh lo lắng về chất lượng.",
            ),
        ),
        (
            "Giáo viên gửi bài tập qua nhóm lớp cho những em không vào mạng được.",
            "Phòng Giáo dục và Đào tạo yêu cầu các trường báo cáo tình hình mỗi tuần.",
            "Sách giáo khoa được chuyển đến tận nhà qua bưu điện và đoàn thanh niên.",
            "Phụ huynh được hướng dẫn cách theo dõi việc học của con trên điện thoại.",
        ),
    ),
    Theme(
        "Môi trường",
        0.10,
        (
            (
                "{place} ra quân vớt lục bình, khơi thông dòng chảy",
                "Đợt ra quân kéo dài {n} ngày trên các tuyến kênh chính.",
            ),
            (
                "Dự báo thời tiết {district} ngày mai",
                "Chiều tối có mưa rào và dông vài nơi, nhiệt độ cao nhất khoảng 33 độ.",
            ),
        ),
        (
            (
                "{place} có {n} tuyến đường hoa đạt chuẩn xanh, sạch, đẹp",
                "Người dân hào hứng cùng chăm sóc, cảnh quan nông thôn đổi thay rõ rệt.",
            ),
        ),
        (
            (
                "Kênh ở {place} ô nhiễm, cá chết trắng",
                "Nước đen, bốc mùi hôi suốt {n} ngày khiến người dân bức xúc.",
            ),
            (
                "Sạt lở bờ sông tại {place}, {n} căn nhà bị ảnh hưởng",
                "Vụ sạt lở xảy ra lúc {hour}, thiệt hại ước tính hàng trăm triệu đồng.",
            ),
        ),
        (
            "Chính quyền địa phương đã cắm biển cảnh báo và vận động người dân di dời tài sản.",
            "Cơ quan chuyên môn lấy mẫu nước để phân tích, kết quả sẽ được công bố sau.",
            "Người dân được khuyến cáo không đổ rác và xác súc vật xuống kênh rạch.",
            "Mô hình phân loại rác tại nguồn đang được nhân rộng ở các ấp.",
        ),
    ),
    Theme(
        "Chuyển đổi số",
        0.09,
        (
            (
                "{place} hướng dẫn nộp hồ sơ trực tuyến",
                "Bộ phận một cửa bố trí {n} người hỗ trợ người dân tạo tài khoản.",
            ),
            (
                "{district} tập huấn sử dụng chữ ký số cho cán bộ xã",
                "Lớp tập huấn trực tuyến có {m} người tham dự trong {n} buổi.",
            ),
        ),
        (
            (
                "Tỷ lệ hồ sơ trực tuyến của {district} tăng lên {pct}",
                "Thời gian chờ giảm rõ rệt, người dân hài lòng vì không phải đi lại.",
            ),
        ),
        (
            (
                "Người dân {place} gặp khó khi nộp hồ sơ qua mạng",
                "Hệ thống báo lỗi nhiều lần, có hồ sơ trễ hẹn {n} ngày.",
            ),
        ),
        (
            "Phản ánh của người dân được tiếp nhận qua ứng dụng trên điện thoại.",
            "Dữ liệu được cập nhật hằng ngày về trung tâm điều hành của tỉnh.",
            "Tổ công nghệ cộng đồng sẽ đến từng ấp để hỗ trợ người lớn tuổi.",
            "Kế hoạch này nằm trong đề án phát triển dịch vụ đô thị thông minh.",
        ),
    ),
    Theme(
        "Đời sống",
        0.13,
        (
            (
                "Chi trả trợ cấp bảo trợ xã hội tại {place}",
                "Việc chi trả thực hiện tại nhà từ {hour} để tránh tụ tập đông người.",
            ),
            (
                "{district} rà soát lao động mất việc để hỗ trợ",
                "Danh sách bước đầu có {m} người, niêm yết công khai tại ấp, khu vực.",
            ),
        ),
        (
            (
                "Gian hàng 0 đồng ở {place} ấm lòng người nghèo",
                "Sau {n} ngày, {m} phần quà đã được trao, ai cũng vui và biết ơn.",
            ),
            (
                "Mạnh thường quân góp {m} suất ăn cho tuyến đầu {district}",
                "Những phần cơm nóng hổi được chuyển đến các chốt lúc {hour}, lan tỏa nghĩa tình.",
            ),
        ),
        (
            (
                "Nước máy ở {place} đục và yếu, người dân khổ sở",
                "Tình trạng kéo dài {n} ngày, nhiều gia đình phải mua nước bình để nấu ăn.",
            ),
        ),
        (
            "Mặt trận và các đoàn thể đang vận động thêm nguồn lực để chăm lo cho hộ khó khăn.",
            "Danh sách hỗ trợ được cập nhật liên tục để không bỏ sót đối tượng.",
            "Đường dây nóng của địa phương hoạt động cả ngày lẫn đêm.",
            "Bà con trong xóm chia sẻ rau củ, gạo và nhu yếu phẩm cho nhau.",
        ),
    ),
)

# Particulars that may follow any story. Two of them set one story apart from another of the same theme, so that only
# true copies look alike. ``{a}`` and ``{b}`` are small numbers, ``{elsewhere}`` is a commune drawn on its own.
PARTICULARS = (
    "Ấp {a} và ấp {b} của {elsewhere} cũng có tình hình tương tự, với {m} người liên quan.",
    "Tổ công tác số {a} phụ trách {elsewhere}, mỗi ngày làm việc {b} giờ kể từ {hour}.",
    "Theo thống kê sơ bộ đến {hour}, có {m} hộ ở {elsewhere} đã đăng ký, đạt {pct} kế hoạch.",
    "Trong {a} ngày đầu tháng, {elsewhere} đã tổ chức {b} buổi tuyên truyền cho {m} lượt người nghe.",
    "So với cách đây {a} tuần, con số này thay đổi khoảng {pct}, riêng {elsewhere} ghi nhận {m} trường hợp.",
    "Bà con ấp {a}, {elsewhere} cho hay đã nhận thông tin từ {b} ngày trước qua loa truyền thanh.",
    "Tại cuộc họp lúc {hour}, đại diện {elsewhere} nêu {a} kiến nghị và hẹn trả lời trong {b} ngày.",
    "Đoàn kiểm tra gồm {a} thành viên sẽ đến {elsewhere} trong {b} ngày tới, bắt đầu từ {hour}.",
    "Nguồn kinh phí dự kiến {m} triệu đồng, trong đó {elsewhere} được phân bổ {pct}.",
    "Khoảng {m} tờ rơi đã được phát tại {a} ấp của {elsewhere}, phần còn lại phát sau {b} ngày.",
    "Trạm truyền thanh {elsewhere} phát lại nội dung này vào lúc {hour} trong {a} ngày liên tiếp.",
    "Đã có {a} trên {b} điểm tại {elsewhere} hoàn thành phần việc được giao, phục vụ {m} lượt người.",
    "Từ đầu năm đến nay {elsewhere} đứng thứ {a} toàn tỉnh ở nội dung này với tỷ lệ {pct}.",
    "Một hộ ở ấp {b}, {elsewhere} kể đã chờ từ {hour} và phải đi hơn {a} km.",
)

CROPS = (
    "khóm Cầu Đúc",
    "mít Thái",
    "chanh không hạt",
    "bưởi Năm Roi",
    "cá thát lát",
    "lúa hè thu",
    "mãng cầu xiêm",
    "xoài cát",
)
HOURS = ("5 giờ", "6 giờ 30", "7 giờ", "8 giờ", "13 giờ 30", "14 giờ", "17 giờ", "19 giờ", "22 giờ")
SYNDICATION_MARKS = ("(Theo {origin})", "Nguồn: {origin}.", "Dẫn lại từ {origin}.")
