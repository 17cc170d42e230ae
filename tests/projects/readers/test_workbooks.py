"""Excel workbooks: what their sheets, cells and dates become, and what they may not do."""

import datetime
import io
import signal
import zipfile

import pytest

from projects.data import limits
from projects.data.connectors.upload import opened
from projects.data.importing import Fault, Row
from projects.data.reading.columns import header
from projects.data.reading.formats import FORMATS, recognise
from projects.data.reading.readers import xlsx
from projects.data.reading.recognise import check_name
from projects.errors import Refused
from projects.models import Task
from tests.support import make
from tests.support.projects.files import Held, faults, in_sandbox, lost, read, rows
from tests.support.projects.importing import counts, loaded, picture
from tests.support.projects.importing import media as media  # a fixture
from tests.support.projects.workbooks import MAIN, PACKAGE, RELATIONS, row, sheet, workbook

xlsx.prepare_to_import()
import openpyxl  # noqa: E402 - it looks at a variable when it is loaded

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
ENTITIES = f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>'
FETCHED = '<!DOCTYPE x [<!ENTITY a8 SYSTEM "file:///etc/passwd">]>'


def saved(*sheets: list[list[object]]) -> bytes:
    """A workbook as openpyxl writes it."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, table in enumerate(sheets, start=1):
        page = book.create_sheet(f"Page {number}")
        for values in table:
            page.append(values)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_dates_numbers_and_empty_cells_become_what_they_look_like():
    moment = datetime.datetime(2024, 3, 5, 14, 30)
    head = ["ID", "Text", "day", "moment", "time", "long", "n", "whole", "yes", None, "last"]
    values = [7, "It rained.", datetime.date(2024, 3, 5), moment, datetime.time(9, 5), datetime.timedelta(hours=30)]
    table = [head, [*values, 2.5, 4.0, True, "side note", "z"], [8, 1965], [], [None, "last"]]
    first, second, third = rows(read("xlsx", {"a.xlsx": saved(table)}, "text_spans"))
    assert (first.external_id, first.place) == ("7", "row 2")
    assert first.fields == {
        "text": "It rained.",
        "day": "2024-03-05",
        "moment": "2024-03-05T14:30:00",
        "time": "09:05:00",
        "long": "1 day, 6:00:00",
        "n": 2.5,
        "whole": 4,
        "yes": True,
        "column j": "side note",
        "last": "z",
    }
    assert (second.fields, second.external_id) == ({"text": "1965"}, "8")
    assert (third.fields, third.external_id, third.place) == ({"text": "last"}, None, "row 5")


def test_each_visible_sheet_is_a_table_and_a_hidden_one_is_told():
    sheets = [row(2, "text") + row(3, "a"), row(1, "note") + row(2, "x"), row(1, "text") + row(2, "b"), row(1, "text")]
    data = workbook(*sheets, "", hidden=[4])
    items = read("xlsx", {"a.xlsx": data}, "text_spans")
    found = [(item.place, item.fields) for item in items if isinstance(item, Row)]
    assert found == [("Sheet1, row 3", {"text": "a"}), ("Sheet3, row 2", {"text": "b"})]
    assert faults(items) == [("Sheet2, row 1", "no-text-column"), ("Sheet4", "hidden-sheet")]
    assert header(Held({"a.xlsx": data}), FORMATS["xlsx"]) == ["text"]


def test_what_is_in_a_cell_by_mistake_is_told_and_the_row_goes_in():
    broken = '<row r="2"><c r="A2" t="inlineStr"><is><t>x</t></is></c><c r="B2" t="e"><v>#N/A</v></c></row>'
    data = workbook(row(1, "text", "n") + broken + row(3, "a", 1, "more"))
    items = read("xlsx", {"a.xlsx": data}, "text_spans")
    assert [row.fields for row in rows(items)] == [{"text": "x"}, {"text": "a", "n": 1}]
    assert [lost(row) for row in rows(items)] == [[("row 2, B2", "error-in-cell")], [("row 3, C3", "wrong-columns")]]


def test_columns_are_mapped_and_pictures_come_along():
    files = {"t.xlsx": workbook(row(1, "file", "class") + row(2, "a.png", "cat")), "a.png": picture()}
    (found,) = rows(read("xlsx", files, "classification", columns={"file": "picture", "class": "answer"}))
    assert found.picture and found.said[0].answer == {"fields": [{"field": "", "value": "cat"}]}


def test_going_on_passes_over_what_was_read():
    data = saved([["text"], ["a"], ["b"], ["c"]])
    assert [item.fields["text"] for item in rows(read("xlsx", {"a.xlsx": data}, "text_spans", columns={}, skip=2))] == [
        "c"
    ]


@pytest.mark.django_db
def test_a_workbook_that_is_sent_is_read_as_one_file_in_the_sandbox(media, cast):
    batch = make.batch(make.project(cast.riverside))
    done = loaded(batch, saved([["id", "text"], [1, "a"], [2, "b"]]), "tasks.xlsx")
    assert counts(done) == ("done", 2, 0, 0) and done.format == "xlsx"
    assert sorted(Task.objects.values_list("external_id", "payload__text")) == [("1", "a"), ("2", "b")]


def test_a_workbook_in_a_zip_and_by_itself_is_recognised():
    data = workbook(row(1, "text") + row(2, "a"))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("set/a.xlsx", data)
    for sent, name in ((data, "a.xlsx"), (out.getvalue(), "a.zip")):
        with opened(io.BytesIO(sent), name) as files:
            assert recognise(files, "text_spans").key == "xlsx"
            (item,) = in_sandbox(files, "xlsx", "text_spans")
            assert isinstance(item, Row) and item.fields == {"text": "a"}
    check_name("Tasks.XLSX", "text_spans")


def refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        read("xlsx", {"a.xlsx": data}, "text_spans", columns={})
    return caught.value


GOOD = row(1, "text") + row(2, "a")


@pytest.mark.parametrize("declared", [ENTITIES, FETCHED], ids=["laughs", "fetches"])
@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"]
)
def test_entities_are_refused_wherever_they_stand(part, declared):
    assert not openpyxl.LXML and openpyxl.DEFUSEDXML, "all of it goes through defusedxml"
    hostile = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}"><sheets>&a8;</sheets></workbook>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>&a8;</t></si></sst>',
        "xl/worksheets/sheet1.xml": sheet(GOOD.replace(">a<", ">&a8;<")),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>&a8;</numFmts></styleSheet>',
    }[part]
    found = refused(workbook(GOOD, parts={part: declared + hostile}))
    assert found.code == "not-xlsx" and "root:" not in found.text


def test_a_workbook_that_would_expand_is_refused_by_name(monkeypatch):
    zeros = workbook(GOOD, parts={"xl/worksheets/sheet1.xml": bytes(30 * limits.MIB)})
    assert refused(zeros).code == "zip-bomb"
    for name, part in (("MAX_PART_BYTES", "xl/styles.xml"), ("MAX_SHARED_TEXT_BYTES", "xl/sharedStrings.xml")):
        with monkeypatch.context() as patch:
            patch.setattr(xlsx, name, 10)
            found = refused(workbook(GOOD, parts={part: f'<a xmlns="{MAIN}"/>'}))
            assert found.code == "too-large" and (name == "MAX_PART_BYTES" or part in found.text)
    monkeypatch.setattr(xlsx, "MAX_WORKBOOK_BYTES", 100)
    assert refused(workbook(GOOD)).code == "too-large"


def test_rows_and_cells_that_a_sheet_only_says_it_has_are_not_walked(monkeypatch):
    far = '<row r="1000000000"><c r="A1000000000" t="inlineStr"><is><t>x</t></is></c></row>'
    assert refused(workbook(GOOD + far)).code == "too-large"
    wide = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(3, 40))
    monkeypatch.setattr(xlsx, "MAX_WORKBOOK_CELLS", 100_000)
    assert refused(workbook(GOOD + wide)).code == "too-large"
    lying = sheet(GOOD, size="A1:XFD1048576")
    assert len(read("xlsx", {"a.xlsx": workbook("", parts={"xl/worksheets/sheet1.xml": lying})}, "text_spans")) == 1


@pytest.mark.parametrize(
    "part, content",
    [
        ("xl/worksheets/sheet1.xml", "<worksheet>"),
        ("xl/worksheets/sheet1.xml", sheet('<row r="1"><c r="ZZZZ1"><v>1</v></c></row>')),
        ("xl/worksheets/sheet1.xml", sheet('<row r="1"><c r="A1" t="s"><v>7</v></c></row>')),
        ("xl/workbook.xml", "none"),
        ("xl/_rels/workbook.xml.rels", "<a/>"),
        ("[Content_Types].xml", "<a/>"),
    ],
)
def test_a_damaged_workbook_is_refused_by_name(part, content):
    assert refused(workbook(GOOD, parts={part: content})).code in ("not-xlsx", "empty-file")


def test_one_damaged_sheet_of_several_is_a_fault():
    cut_off = sheet(GOOD, size="A1:A2").removesuffix("</sheetData></worksheet>")
    data = workbook(GOOD, GOOD, parts={"xl/worksheets/sheet1.xml": cut_off})
    items = read("xlsx", {"a.xlsx": data}, "text_spans")
    assert [type(item) for item in items] == [Row, Fault, Row] and faults(items) == [("Sheet1", "not-xlsx")]


def test_styles_that_take_hours_to_read_are_refused_by_name(monkeypatch):
    style = f'<numFmts><numFmt numFmtId="200" formatCode="{"[" * 100_000}"/></numFmts>'
    cells = '<cellXfs><xf numFmtId="200"/></cellXfs>'
    data = workbook(
        row(1, "text") + row(2, "a"), parts={"xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{style}{cells}</styleSheet>'}
    )
    monkeypatch.setattr(limits, "MAX_WORKBOOK_OPEN_SECONDS", 0.5)
    former = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(Refused, match="longer than is allowed"):
        read("xlsx", {"a.xlsx": data}, "text_spans")
    assert signal.getsignal(signal.SIGVTALRM) == former and signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_what_no_cell_needs_is_not_opened():
    """Names of print areas take hours by their patterns, and charts bring pictures of any format."""
    titles = '<definedName name="_xlnm.Print_Titles" localSheetId="0">nonsense</definedName>'
    names = f"<definedNames>{titles}</definedNames>"
    sheets = '<sheet name="Sheet1" sheetId="1" r:id="rId1"/><sheet name="Chart" sheetId="2" r:id="rId2"/>'
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets>{names}</workbook>'
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, kind, target in ((1, "worksheet", "worksheets/sheet1.xml"), (2, "chartsheet", "charts/sheet1.xml"))
    )
    parts = {
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        "xl/charts/sheet1.xml": "<never>read",
    }
    (item,) = read("xlsx", {"a.xlsx": workbook(row(1, "text") + row(2, "a"), parts=parts)}, "text_spans")
    assert item.fields == {"text": "a"}
