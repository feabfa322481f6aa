"""Form of what people add to the news: labels of articles, and answers to negative ones."""

from datetime import datetime

from lake.contracts.form import REPORTED_AT, Field, Form, FormTable, NotBefore

HUMAN_LABELS = FormTable(
    table="media__human_labels",
    sheet="Nhãn sắc thái",
    fields=(
        Field(
            "feed_id",
            "Mã nguồn tin",
            "text",
            "Lấy từ danh sách mẫu kiểm định.",
            "https://bao.example/rss",
            required=True,
        ),
        Field(
            "article_id",
            "Mã bài",
            "text",
            "Lấy từ danh sách mẫu kiểm định.",
            "https://bao.example/1",
            required=True,
        ),
        Field(
            "labeller_code",
            "Mã người gán nhãn",
            "text",
            "Mã do Trung tâm cấp. Không ghi họ tên.",
            "gn-01",
            required=True,
            pattern=r"[a-z0-9-]{1,20}",
            shape_vi="chữ thường không dấu, số và dấu -, dài nhất 20 ký tự",
            shape_en="small letters without accents, digits and -, 20 characters at most",
        ),
        Field(
            "label",
            "Sắc thái",
            "choice",
            "Sắc thái của bài đối với tỉnh, theo người đọc.",
            "Trung tính",
            required=True,
            words={"Tích cực": "positive", "Tiêu cực": "negative", "Trung tính": "neutral"},
        ),
        Field(
            "is_blind",
            "Gán nhãn mù",
            "yes_no",
            "Có: người gán nhãn không nhìn thấy nhãn của phần mềm. Chỉ nhãn mù dùng để kiểm định.",
            "Có",
            required=True,
        ),
        Field(
            "labelled_at",
            "Thời điểm gán nhãn",
            "instant",
            "Thời điểm gán nhãn.",
            datetime(2021, 9, 30, 9, 15),  # noqa: DTZ001  # as a cell holds it, in provincial time
            required=True,
        ),
        REPORTED_AT,
    ),
    key=("feed_id", "article_id", "labeller_code"),
)

RESPONSES = FormTable(
    table="media__responses",
    sheet="Phản hồi tin tiêu cực",
    fields=(
        Field(
            "url",
            "Địa chỉ bài",
            "text",
            "Địa chỉ của bài viết.",
            "https://bao.example/1",
            required=True,
            synonyms=("Đường dẫn", "URL"),
            pattern=r"https?://\S+",
            shape_vi="địa chỉ bắt đầu bằng https:// hoặc http://",
            shape_en="an address that begins with https:// or http://",
        ),
        Field(
            "unit",
            "Đơn vị phải phản hồi",
            "text",
            "Đơn vị được giao trả lời.",
            "Sở Y tế",
            required=True,
            synonyms=("Đơn vị",),
        ),
        Field(
            "flagged_at",
            "Thời điểm chuyển",
            "instant",
            "Thời điểm Trung tâm chuyển tin tiêu cực cho đơn vị.",
            datetime(2021, 9, 28, 8),  # noqa: DTZ001
            required=True,
        ),
        Field(
            "responded_at",
            "Thời điểm phản hồi",
            "instant",
            "Để trống nếu chưa phản hồi.",
            datetime(2021, 9, 28, 15),  # noqa: DTZ001
        ),
        REPORTED_AT,
    ),
    key=("url", "unit"),
    rules=(NotBefore("responded_at", "flagged_at"), NotBefore("reported_at", "responded_at")),
)

MEDIA = Form(
    slug="media",
    version=1,
    title_vi="Biểu gán nhãn sắc thái và phản hồi tin tiêu cực",
    title_en="Labels of articles and answers to negative ones",
    tables=(HUMAN_LABELS, RESPONSES),
)
