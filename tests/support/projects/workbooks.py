"""Excel workbooks written by hand: the fewest parts that one has, each of which may be another."""

import io
import zipfile
from collections.abc import Mapping, Sequence

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(*sheets: str, parts: Mapping[str, str | bytes] | None = None, hidden: Sequence[int] = ()) -> bytes:
    """A workbook whose sheets have these rows, as XML; `parts` are added, or stand in the place of its own."""
    parts = parts or {}
    names = [f"xl/worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)]
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": _types([*names, *parts]),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _book(len(sheets), hidden),
        "xl/_rels/workbook.xml.rels": _relations([("worksheet", name.removeprefix("xl/")) for name in names]),
        **{name: sheet(rows) for name, rows in zip(names, sheets, strict=True)},
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def sheet(rows: str, size: str = "") -> str:
    """A sheet of these rows; `size` is what it says of itself."""
    said = f'<dimension ref="{size}"/>' if size else ""
    return f'<worksheet xmlns="{MAIN}">{said}<sheetData>{rows}</sheetData></worksheet>'


def row(number: int, *cells: str | int | float | None) -> str:
    """A row of texts and numbers."""
    written = "".join(_cell(f"{chr(65 + at)}{number}", cell) for at, cell in enumerate(cells) if cell is not None)
    return f'<row r="{number}">{written}</row>'


def _cell(at: str, cell: str | int | float) -> str:
    if isinstance(cell, str):
        return f'<c r="{at}" t="inlineStr"><is><t>{cell}</t></is></c>'
    return f'<c r="{at}"><v>{cell}</v></c>'


def _types(names: Sequence[str]) -> str:
    """The kinds of the parts that have one of their own."""
    kinds = {"xl/workbook.xml": "sheet.main", "xl/sharedStrings.xml": "sharedStrings", "xl/styles.xml": "styles"}
    kinds |= {name: "worksheet" for name in names if name.startswith("xl/worksheets/")}
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{KIND}.{kind}+xml"/>'
        for name, kind in kinds.items()
        if name in {*names, "xl/workbook.xml"}
    )
    default = '<Default Extension="xml" ContentType="application/xml"/>'
    return f'<Types xmlns="{PACKAGE}/content-types">{default}{overrides}</Types>'


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'


def _book(number: int, hidden: Sequence[int]) -> str:
    sheets = "".join(
        f'<sheet name="Sheet{at}" sheetId="{at}" r:id="rId{at}" state="{"hidden" if at in hidden else "visible"}"/>'
        for at in range(1, number + 1)
    )
    return f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets></workbook>'
