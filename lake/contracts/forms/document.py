"""Form of official documents in and out."""

from datetime import date, datetime

from lake.contracts.form import REPORTED_AT, Field, Form, FormTable, NotBefore

# Decree 30/2020/ND-CP, annex I: 15/QĐ-BNV; Law 2015 on legal documents: 47/2020/NĐ-CP; the Party's: 123-CV/TU.
_SYMBOL = r"\d{1,6}[A-Za-z]?(/(19|20)\d\d)?[/-][A-ZĐƯƠÂÊÔ][\wĐđ&.]*([/-][\wĐđ&.]+){0,6}"

DOCUMENTS = FormTable(
    table="document__documents",
    sheet="Văn bản",
    fields=(
        Field(
            "direction",
            "Loại sổ",
            "choice",
            "Văn bản đến hay văn bản đi.",
            "Văn bản đến",
            required=True,
            synonyms=("Đến/đi", "Đến hoặc đi", "Chiều văn bản", "Hướng văn bản"),
            words={"Văn bản đến": "in", "Văn bản đi": "out", "Đến": "in", "Đi": "out"},
        ),
        Field(
            "symbol",
            "Số, ký hiệu",
            "text",
            "Số và ký hiệu theo Nghị định 30/2020/NĐ-CP, ví dụ 482/QĐ-UBND.",
            "482/QĐ-UBND",
            required=True,
            synonyms=("Số ký hiệu", "Số/ký hiệu", "Số và ký hiệu", "Số hiệu"),
            pattern=_SYMBOL,
            shape_vi="số và ký hiệu như 482/QĐ-UBND, 47/2020/NĐ-CP hoặc 123-CV/TU",
            shape_en="a number and symbol such as 482/QĐ-UBND, 47/2020/NĐ-CP or 123-CV/TU",
            max_length=60,
        ),
        Field(
            "issuing_agency",
            "Cơ quan ban hành",
            "text",
            "Cơ quan ban hành văn bản.",
            "Ủy ban nhân dân tỉnh",
            required=True,
            synonyms=("Cơ quan phát hành", "Nơi ban hành", "Tác giả"),
        ),
        Field(
            "issued_on",
            "Ngày văn bản",
            "day",
            "Ngày ghi trên văn bản.",
            date(2021, 9, 1),
            required=True,
            synonyms=("Ngày ban hành", "Ngày tháng văn bản", "Ngày, tháng, năm văn bản"),
        ),
        Field(
            "kind",
            "Tên loại",
            "text",
            "Quyết định, Công văn, Kế hoạch…",
            "Quyết định",
            synonyms=("Loại văn bản", "Tên loại văn bản"),
            max_length=100,
        ),
        Field(
            "arrived_at",
            "Ngày đến",
            "instant",
            "Ngày (và giờ) văn bản đến. Để trống với văn bản đi.",
            datetime(2021, 9, 2, 9, 15),  # noqa: DTZ001  # as a cell holds it
            synonyms=("Ngày nhận", "Thời điểm đến", "Ngày tiếp nhận"),
        ),
        Field(
            "assigned_unit",
            "Đơn vị xử lý",
            "text",
            "Đơn vị được giao xử lý. Ghi tên đơn vị, không ghi tên người.",
            "Phòng Nghiệp vụ",
            synonyms=("Đơn vị được giao", "Đơn vị chủ trì", "Đơn vị nhận"),
        ),
        Field(
            "level",
            "Cấp",
            "choice",
            "Cấp của đơn vị xử lý.",
            "Tỉnh",
            synonyms=("Cấp đơn vị", "Cấp xử lý"),
            words={
                "Tỉnh": "province",
                "Huyện": "district",
                "Xã": "commune",
                "Cấp tỉnh": "province",
                "Cấp huyện": "district",
                "Cấp xã": "commune",
            },
        ),
        Field(
            "due_on",
            "Hạn xử lý",
            "day",
            "Hạn phải xử lý xong. Để trống nếu không có hạn.",
            date(2021, 9, 10),
            synonyms=("Thời hạn", "Hạn hoàn thành", "Hạn giải quyết"),
            may_be_future=True,
        ),
        Field(
            "done_on",
            "Ngày xử lý xong",
            "day",
            "Ngày xử lý xong. Để trống nếu chưa xong.",
            date(2021, 9, 9),
            synonyms=("Ngày hoàn thành", "Ngày xử lý", "Ngày kết thúc"),
        ),
        Field(
            "is_assignment",
            "Có giao nhiệm vụ",
            "yes_no",
            "Văn bản giao nhiệm vụ được theo dõi?",
            "Có",
            synonyms=("Giao nhiệm vụ", "Nhiệm vụ giao"),
        ),
        Field(
            "is_signed_digitally",
            "Ký số",
            "yes_no",
            "Văn bản được ký số?",
            "Có",
            synonyms=("Đã ký số", "Được ký số"),
        ),
        Field(
            "is_processed_online",
            "Hồ sơ công việc điện tử",
            "yes_no",
            "Hồ sơ công việc được lập và xử lý trên môi trường mạng?",
            "Có",
            synonyms=("Xử lý trên môi trường mạng", "Hồ sơ công việc trên mạng"),
        ),
        REPORTED_AT,
    ),
    key=("direction", "symbol", "issuing_agency", "issued_on"),
    rules=(
        NotBefore("due_on", "issued_on"),
        NotBefore("done_on", "issued_on"),
        NotBefore("arrived_at", "issued_on"),
        NotBefore("reported_at", "issued_on"),
    ),
)

DOCUMENT = Form(
    slug="document",
    version=1,
    title_vi="Biểu văn bản đến, văn bản đi",
    title_en="Documents received and issued",
    tables=(DOCUMENTS,),
)
