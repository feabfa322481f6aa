"""The scheme's 29 tasks as the synthetic province words them: their number is published, names and owners are ours."""

# (task, owner, start (year, month), end (year, month), money in million dong)
TASKS = (
    ("Kiện toàn Ban Chỉ đạo phát triển đô thị thông minh", "Sở Nội vụ", (2020, 6), (2020, 12), 0),
    ("Thành lập Trung tâm điều hành đô thị thông minh", "Sở Nội vụ", (2020, 6), (2021, 3), 200),
    ("Ban hành kiến trúc đô thị thông minh của tỉnh", "Sở Thông tin và Truyền thông", (2020, 7), (2021, 6), 900),
    ("Nâng cấp trung tâm dữ liệu của tỉnh", "Sở Thông tin và Truyền thông", (2020, 9), (2021, 9), 24_000),
    ("Xây dựng ứng dụng di động Hậu Giang", "Sở Thông tin và Truyền thông", (2020, 6), (2020, 12), 1_800),
    ("Triển khai hệ thống tiếp nhận phản ánh hiện trường", "Văn phòng UBND tỉnh", (2020, 6), (2021, 6), 1_200),
    ("Giám sát thông tin trên báo chí và mạng xã hội", "Sở Thông tin và Truyền thông", (2020, 9), (2021, 6), 1_500),
    ("Lắp đặt camera giao thông trên Quốc lộ 1A và Quốc lộ 61C", "Công an tỉnh", (2020, 10), (2021, 12), 18_000),
    ("Nâng cấp Cổng dịch vụ công của tỉnh", "Văn phòng UBND tỉnh", (2021, 1), (2021, 12), 3_200),
    ("Kết nối nền tảng tích hợp, chia sẻ dữ liệu", "Sở Thông tin và Truyền thông", (2021, 1), (2022, 6), 6_500),
    ("Xây dựng kho dữ liệu dùng chung", "Sở Thông tin và Truyền thông", (2021, 3), (2022, 12), 9_000),
    ("Triển khai hệ thống thông tin báo cáo kinh tế - xã hội", "Sở Kế hoạch và Đầu tư", (2021, 1), (2021, 12), 2_400),
    ("Xây dựng trung tâm giám sát an toàn thông tin", "Sở Thông tin và Truyền thông", (2021, 1), (2022, 6), 7_800),
    ("Số hóa hồ sơ, tài liệu lưu trữ", "Sở Nội vụ", (2021, 4), (2023, 12), 12_000),
    ("Xây dựng cơ sở dữ liệu đất đai", "Sở Tài nguyên và Môi trường", (2021, 1), (2024, 12), 46_000),
    ("Xây dựng bản đồ số đô thị", "Sở Xây dựng", (2021, 6), (2023, 6), 5_400),
    ("Triển khai bệnh án điện tử", "Sở Y tế", (2021, 3), (2023, 12), 15_000),
    ("Xây dựng hệ thống quản lý giáo dục thông minh", "Sở Giáo dục và Đào tạo", (2021, 3), (2022, 12), 8_500),
    ("Xây dựng hệ thống du lịch thông minh", "Sở Văn hóa, Thể thao và Du lịch", (2021, 6), (2023, 6), 4_200),
    ("Lắp đặt trạm quan trắc môi trường tự động", "Sở Tài nguyên và Môi trường", (2021, 1), (2022, 12), 11_000),
    ("Xây dựng hệ thống cảnh báo xâm nhập mặn", "Sở Nông nghiệp và Phát triển nông thôn", (2020, 10), (2021, 9), 3_600),
    ("Truy xuất nguồn gốc nông sản", "Sở Nông nghiệp và Phát triển nông thôn", (2021, 4), (2022, 12), 2_800),
    ("Chiếu sáng đô thị thông minh thành phố Vị Thanh", "UBND thành phố Vị Thanh", (2021, 6), (2023, 12), 14_000),
    ("Quản lý rác thải đô thị thành phố Ngã Bảy", "UBND thành phố Ngã Bảy", (2021, 6), (2024, 6), 6_000),
    ("Thanh toán không dùng tiền mặt dịch vụ công", "Ngân hàng Nhà nước Chi nhánh tỉnh", (2021, 1), (2022, 6), 1_000),
    ("Đào tạo kỹ năng số cho cán bộ, công chức", "Sở Thông tin và Truyền thông", (2020, 9), (2025, 6), 4_500),
    ("Tuyên truyền về đô thị thông minh", "Sở Thông tin và Truyền thông", (2020, 9), (2025, 12), 1_600),
    ("Mở rộng wifi công cộng", "Sở Thông tin và Truyền thông", (2021, 9), (2024, 12), 3_000),
    ("Sơ kết, tổng kết Đề án", "Văn phòng UBND tỉnh", (2022, 12), (2025, 12), 500),
)  # fmt: skip

STAGES = {  # milestones by the number of them a task has: (name, share of the work in per cent)
    3: (("Phê duyệt kế hoạch", 20), ("Triển khai", 60), ("Nghiệm thu", 20)),
    4: (("Phê duyệt chủ trương", 10), ("Lựa chọn nhà thầu", 20), ("Triển khai", 50), ("Nghiệm thu", 20)),
    5: (
        ("Phê duyệt chủ trương", 10),
        ("Phê duyệt thiết kế", 15),
        ("Lựa chọn nhà thầu", 15),
        ("Triển khai", 40),
        ("Nghiệm thu", 20),
    ),
}
