"""The province's own form for reporting socio-economic indicators."""

from lake.contracts.form import REPORTED_AT, Field, Form, FormTable
from lake.contracts.indicator import ESTIMATE, FINAL, MISSING, PROVISIONAL, REVISED

ACTUAL, PLAN = "actual", "plan"

VALUES = FormTable(
    table="indicator__values",
    sheet="Chỉ tiêu",
    fields=(
        Field(
            "indicator_code",
            "Mã chỉ tiêu",
            "text",
            "Mã trong hệ thống chỉ tiêu của tỉnh, giữ nguyên qua các kỳ báo cáo.",
            "KTXH-01",
            required=True,
            synonyms=("Mã số", "Mã CT"),
            pattern=r"[\w./-]{1,64}",
            shape_vi="chữ, số và các dấu . / - _, không có dấu cách, dài nhất 64 ký tự",
            shape_en="letters, digits and . / - _ without blanks, 64 characters at most",
        ),
        Field(
            "indicator_name",
            "Tên chỉ tiêu",
            "text",
            "Tên chỉ tiêu.",
            "Chỉ số sản xuất công nghiệp",
            required=True,
            synonyms=("Chỉ tiêu",),
        ),
        Field(
            "unit",
            "Đơn vị tính",
            "text",
            "Đơn vị của giá trị: Tỷ đồng, %, Tấn…",
            "Tỷ đồng",
            required=True,
            synonyms=("ĐVT",),
            max_length=60,
        ),
        Field(
            "unit_code",
            "Mã đơn vị hành chính",
            "text",
            "Mã tỉnh, huyện hoặc xã mà giá trị nói đến, theo danh mục của Tổng cục Thống kê.",
            "93",
            required=True,
            synonyms=("Mã địa bàn", "Mã ĐVHC"),
            pattern=r"\d{2}|\d{3}|\d{5}",
            shape_vi="mã gồm 2, 3 hoặc 5 chữ số",
            shape_en="a code of 2, 3 or 5 digits",
        ),
        Field(
            "period",
            "Kỳ báo cáo",
            "text",
            "Tháng ghi 09/2021, quý ghi Quý III/2021, lũy kế ghi 9 tháng/2021, năm ghi 2021.",
            "09/2021",
            required=True,
            synonyms=("Kỳ", "Kỳ số liệu"),
            max_length=60,
        ),
        Field(
            "measure",
            "Loại số liệu",
            "choice",
            "Số thực hiện hay số kế hoạch được giao.",
            "Thực hiện",
            required=True,
            synonyms=("Thực hiện/kế hoạch",),
            words={"Thực hiện": ACTUAL, "Kế hoạch": PLAN},
        ),
        Field(
            "value",
            "Giá trị",
            "decimal",
            "Giá trị, viết 1.234,5. Để trống và ghi tình trạng “Chưa có số liệu” nếu chưa có; không ghi 0.",
            1234.5,
            synonyms=("Số liệu", "Giá trị kỳ báo cáo"),
        ),
        Field(
            "value_status",
            "Tình trạng số liệu",
            "choice",
            "Ước tính, sơ bộ, chính thức, điều chỉnh, hoặc chưa có số liệu.",
            "Ước tính",
            required=True,
            synonyms=("Tình trạng", "Loại ước"),
            words={
                "Ước tính": ESTIMATE,
                "Sơ bộ": PROVISIONAL,
                "Chính thức": FINAL,
                "Điều chỉnh": REVISED,
                "Chưa có số liệu": MISSING,
                "Ước": ESTIMATE,
            },
        ),
        REPORTED_AT,
    ),
    key=("indicator_code", "unit_code", "period", "measure"),
)

INDICATOR = Form(
    slug="indicator",
    version=1,
    title_vi="Biểu báo cáo chỉ tiêu kinh tế - xã hội",
    title_en="Report of socio-economic indicators",
    tables=(VALUES,),
)
