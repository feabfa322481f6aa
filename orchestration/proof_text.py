"""The proof of a figure as text for the terminal, Vietnamese first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestration.kpi_history import REASONS
from orchestration.prove import Verdict

VERDICTS = {
    Verdict.AGREES: "KHỚP: tính lại từ dữ liệu gốc ra đúng số đã công bố (the re-run agrees, bit by bit)",
    Verdict.DIFFERS: "LỆCH: tính lại từ dữ liệu gốc ra số khác (the re-run differs)",
    Verdict.IMPOSSIBLE: "KHÔNG TÍNH LẠI ĐƯỢC (the re-run is not possible)",
}


def proof_text(proof: dict[str, Any]) -> str:
    """The proof of `prove.prove`, section by section."""
    return "\n".join(_lines(proof))


def _lines(proof: dict[str, Any]) -> Iterator[str]:
    figure, definition = proof["figure"], proof["definition"] or {}
    synthetic = " · DỮ LIỆU MÔ PHỎNG (synthetic data)" if figure["is_synthetic"] else ""
    yield f"{figure['figure_id']} · {figure['code']} · {definition.get('name_vi', '')}{synthetic}"
    yield f"  Giá trị / value: {_shown(figure['value'])} = {_shown(figure['numerator'])}" + (
        f" / {_shown(figure['denominator'])}" if figure["denominator"] is not None else ""
    )
    yield f"  Kỳ / period: {figure['grain']}, {figure['period_start']} – {figure['period_end']}"
    yield f"  Đơn vị / unit: {figure['unit_code']} (từ {figure['unit_valid_from']})"
    yield f"  Nguồn / source: {figure['source']}"
    yield (
        f"  Công bố / published: {figure['published_at']} · lượt chạy / run {figure['run_id']} · "
        f"ảnh chụp / snapshot {figure['snapshot_id']} · mã nguồn / commit {figure['code_commit']}"
    )
    if figure["is_gone"]:
        yield "  Số liệu đã được rút (withdrawn)."
    if proof["replaced_by"]:
        later = proof["replaced_by"]
        why = REASONS.get(later["reason"], "kỳ chưa kết thúc")
        yield f"  Đã thay bằng / replaced by {later['figure_id']}: {_shown(later['value'])} ({why})"
    yield f"\nĐịnh nghĩa / definition (hiệu lực từ / in force from {figure['definition_from']})"
    for label, key in (("Công thức", "formula_vi"), ("Formula", "formula_en"), ("Căn cứ / legal basis", "legal_basis")):
        yield f"  {label}: {definition.get(key) or '—'}"
    for row in proof["parameters"]:
        yield f"  Tham số / parameter: {row['name']} = {_shown(row['value'])} {row['unit'] or ''} ({row['basis']})"
    yield "\nDòng dữ liệu / lineage"
    for model in proof["models"]:
        parents = ", ".join(parent for child, parent in proof["lineage"] if child == model["model"])
        yield f"  {model['model']}" + (f" ← {parents}" if parents else "")
    yield "\nBản ghi của nguồn / rows of the source (chỉ số lượng / counts only)"
    for row in proof["rows"]:
        yield f"  raw.{row['table_name']}: {_shown(row['n_accepted'])} ({row['first_at']} – {row['last_at']})"
    yield from _sampled(proof["sample"])
    yield from _checked(proof)
    fresh = proof["freshness"] or {}
    known = [f"{key} {value}" for key, value in fresh.items() if key.endswith(("_at", "as_of", "_s"))]
    yield f"\nĐộ tươi / freshness: {'; '.join(known)}"
    for model in proof["models"]:
        if model["layer"] == "kpi" or model["model"].startswith("intermediate.int_kpi__"):
            yield f"\nSQL · {model['model']}\n{(model['compiled_sql'] or '').strip()}"
    yield from _rerun(proof["rerun"])


def _sampled(samples: list[dict[str, Any]]) -> Iterator[str]:
    for sample in samples:
        shown, total = len(sample["rows"]), _shown(sample["n_rows"])
        yield (
            f"\nDòng trong kỳ / rows of the period · {sample['table']} "
            f"({shown} trong {total}, đã che mã; {shown} of {total}, numbers masked)"
        )
        for row in sample["rows"]:
            yield "  " + " · ".join(
                f"{name} {_shown(value)}" for name, value in zip(sample["columns"], row, strict=True)
            )


def _checked(proof: dict[str, Any]) -> Iterator[str]:
    tests, checks = proof["tests"], proof["checks"]
    passed = sum(test["is_success"] is True for test in tests)
    yield f"\nKiểm thử / tests: {passed}/{len(tests)} đạt (passed)"
    for test in tests:
        if test["is_success"] is not True:
            said = "chưa chạy / not run" if test["is_success"] is None else f"{test['severity']}: {test['observed']}"
            yield f"  {test['model']} {test['test']}: {said}"
    passed = sum(bool(check["is_success"]) for check in checks)
    yield f"Kiểm tra dữ liệu gốc / checks of raw data: {passed}/{len(checks)} đạt (passed)"
    for check in checks:
        if not check["is_success"]:
            yield f"  {check['severity']} {check['expectation']} {check['column_name'] or ''}: {check['observed']}"


def _rerun(rerun: dict[str, Any]) -> Iterator[str]:
    yield f"\nChạy lại / re-run: {VERDICTS[Verdict(rerun['verdict'])]}"
    if rerun["why"]:
        yield f"  {rerun['why']}"
    if rerun["stored"]:
        yield f"  Đọc từ bảng đã lưu ở ảnh chụp / read as stored at the snapshot: {', '.join(rerun['stored'])}"
    for name, published in rerun["published"].items():
        computed = rerun["computed"][name] if rerun["computed"] else None
        if published is not None or computed is not None:
            yield f"  {name}: công bố / published {published!r} · tính lại / computed {computed!r}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "có" if value else "không"
    return "—" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
