"""Lists of labels: read in each format, refused where they are hostile, put into the label table, and copied."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.urls import reverse

from projects.configuration import configure, save_settings
from projects.data import label_lists, label_plan
from projects.data.label_lists import LabelList
from projects.data.label_plan import Change, Plan, Terms
from projects.data.reading import read_labels
from projects.data.reading.readers import xml_files, yaml_files
from projects.errors import Refused
from projects.models import Label, limits
from taskers.models import Membership
from taskers.models.people import Role
from tests.support import make
from tests.support.projects.managing import FORM, signed_in

CAR = {"name": "Car", "key": "car", "color": "#ff0000", "hotkey": "c", "shapes": ["mask", "box"]}
EMPTY_TABLE = {"labels-TOTAL_FORMS": "0", "labels-INITIAL_FORMS": "0"}
EVERY_TERM = {"asked": {"shapes", "parent", "attributes", "field"}, "keys_may_change": True}


def listed(text: str | bytes) -> LabelList:
    """What of a text is a label, read in this process."""
    rows = read_labels.read(text if isinstance(text, bytes) else text.encode(), limits.LABELS)
    return label_lists.checked(rows.rows, rows.unit)


def names(text: str | bytes) -> list[str]:
    return [label["name"] for label in listed(text).labels]


def rejected(plan: LabelList | Plan) -> list[tuple[int, str, str]]:
    return [(rejection.row, rejection.name, rejection.column) for rejection in plan.rejected]


def rejected_values(plan: LabelList | Plan) -> list[tuple[int, str, str]]:
    return [(rejection.row, rejection.name, rejection.column) for rejection in plan.rejected_values]


def planned(rows: list[dict], text: str, *, replace_all: bool = False, **terms: Any) -> Plan:
    studio_keys = {"s": "Skip"}
    complete = Terms(**{**EVERY_TERM, "studio_keys": lambda _rows: studio_keys, **terms})
    return label_plan.plan(rows, listed(text), complete, replace_all=replace_all)


def in_table(name: str, **values: Any) -> dict[str, Any]:
    key = values.pop("key", name.lower())
    return {
        "name": name,
        "key": key,
        "present_key": key,
        "colour": "#1971c2",
        "hotkey": "",
        "shapes": ["mask"],
    } | values


@pytest.mark.parametrize(
    "text",
    [
        "name,key,color,hotkey,shapes\nCar,car,#ff0000,c,box mask\n",
        "Label;Key;Colour;Hotkey;Shape\r\n\r\n Car ;car;#F00;C;mask, box\r\n",
        "\ufeffname\tkey\tcolor\thotkey\tshapes\nCar\tcar\t#ff0000\tc\tbox|mask",
        '[{"name": "Car", "key": "car", "color": "#f00", "hotkey": "C", "shapes": ["mask", "box"]}]',
        '\n {"labels": [{"label": "Car", "key": "car", "colour": "#f00", "hotkey": "c", "shapes": "mask box"}]}',
        "- name: Car\n  key: car\n  color: '#FF0000'\n  hotkey: c\n  shapes: box, mask\n",
        "# ours\nlabels:\n- {name: Car, key: car, color: '#FF0000', hotkey: c, shapes: [box, mask]}\n",
        '<View><RectangleLabels><Label value="Car" alias="car" background="red" hotkey="c"/></RectangleLabels>'
        '<BrushLabels><Label value="Car"/></BrushLabels></View>',
    ],
    ids=["csv", "semicolons", "tabs and BOM", "JSON", "JSON object", "YAML", "YAML object", "Label Studio"],
)
def test_each_format_says_the_same(text: str) -> None:
    (label,) = listed(text).labels
    del label["row"]
    assert label == CAR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Car\nVan\n\n  Bus  \n", ["Car", "Van", "Bus"]),
        ("- Car\n- Van\n", ["Car", "Van"]),
        ('["Car", "Van", 5]', ["Car", "Van", "5"]),
        ("- no\n- 1990-01-01\n- 012\n", ["no", "1990-01-01", "012"]),
        ("name\nÄrger\n人\nС\u0301лово\n🚗 Auto\n", ["Ärger", "人", "С\u0301лово", "🚗 Auto"]),
        ('"Salt, pepper"\n"a ""b"""\n', ["Salt, pepper", 'a "b"']),
        ("name\n'=1+1\n=cmd|' /C calc'!A0\n'@home\n'tis\n", ["=1+1", "=cmd|' /C calc'!A0", "@home", "'tis"]),
        ('<View><Choices><Choice value="A"><Choice value="B"/></Choice></Choices></View>', ["A", "B"]),
    ],
    ids=["lines", "YAML", "JSON", "texts of YAML", "scripts", "quotation marks", "formulas", "Label Studio"],
)
def test_names_are_read_as_they_are_written(text: str, expected: list[str]) -> None:
    assert names(text) == expected


NESTED_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE x [<!ENTITY e0 "ha">{NESTED_ENTITIES}]><View><Labels><Label value="&e9;"/></Labels></View>'
FETCHED = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><View><Labels><Label value="&a;"/></Labels></View>'


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("- &a x\n- *a", "yaml-alias", "line 1"),
        ("- !!python/object/apply:os.system [id]", "yaml-tag", "line 1"),
        ("- name: Car\n  key: ]\n- Van", "not-yaml", "line 2"),
        ("- " * 100 + "x", "too-large", "line 1"),
        (BOMB, "not-xml", ""),
        (FETCHED, "not-xml", ""),
        ("<View>" * 5000, "too-deep", ""),
        ("<View><Text/></View>", "no-labels", ""),
        ("\n".join(f"label {number}" for number in range(500)), "too-many-labels", "line 201"),
        (json.dumps([str(number) for number in range(500)]), "too-many-labels", ""),
        ("[" * 100_000, "not-json", ""),
        ('[{"name": "Car",}]', "not-json", "line 1, column 17"),
        (f"[{'9' * 5000}]", "not-json", ""),
        ('{"name": "Car"}', "no-list", ""),
        ("x" * (2 * 2**20), "too-large", ""),
        ("", "empty-list", ""),
        (" \ufeff\n", "empty-list", ""),
        ('name,key\nVan,van\n"Car,1', "not-csv", "line 3"),
        ("Car,car\nVan,van", "too-many-cells", "line 1"),
        ("name,key\nSalt, pepper,salt\n", "too-many-cells", "line 2"),
        ("name,label\nCar,Van\n", "column-twice", "line 1"),
        (b"name\nM\xfcll\n", "not-utf-8", ""),
        (b"\xff\xfeC\0a\0r\0", "not-utf-8", ""),
    ],
    ids=lambda value: repr(value[:20]) if value else "nothing",
)
def test_a_hostile_list_is_refused_by_name(text: str | bytes, code: str, place: str) -> None:
    with pytest.raises(Refused) as refusal:
        listed(text)
    assert refusal.value.code == code
    assert not place or refusal.value.place == place


@pytest.mark.parametrize(
    ("line", "name", "column", "words"),
    [
        ("CAR,other,,,,", "CAR", "name", "“Car” in line 2 has the same name"),
        ("Van,car,,,,", "Van", "key", "“Car” in line 2 has the same key"),
        ("Van,a b,,,,", "Van", "key", "letters, digits"),
        ("Van,,,,circle,", "Van", "shapes", "mask, box, polygon, polyline, point"),
        ("!!!,,,,,", "!!!", "name", "a letter or a digit"),
        ('"Van\nBus",,,,,', "Van\nBus", "name", "line ends"),
        (f"{'x' * 81},,,,,", "x" * 80, "name", "80 characters"),
    ],
)
def test_a_row_at_fault_is_named_and_left_out(line: str, name: str, column: str, words: str) -> None:
    labels = listed(f"name,key,color,hotkey,shapes,parent\nCar,car,,c,,\n{line}\n")
    assert [label["name"] for label in labels.labels] == ["Car"]
    (rejection,) = labels.rejected
    assert (rejection.name, rejection.column) == (name, column)
    assert words in rejection.text


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("Van,#1971c2,C,box", "hotkey", "“Car” in line 2 has the same hotkey"),
        ("Van,#1971c2,ctrl,box", "hotkey", "one letter or digit"),
        ("Van,#1971c2,+,box", "hotkey", "one letter or digit"),
        ("Van,reddish,v,box", "color", "#1971c2"),
    ],
)
def test_a_label_at_fault_in_its_hotkey_or_colour_is_taken_without_it(line: str, column: str, words: str) -> None:
    labels = listed(f"name,color,hotkey,shapes\nCar,,c,\n{line}\n")
    assert labels.rejected == []
    (rejection,) = labels.rejected_values
    assert (rejection.row, rejection.name, rejection.column) == (3, "Van", column)
    assert words in rejection.text
    van = {"name": "Van", "color": "#1971c2", "hotkey": "v", "shapes": ["box"], "row": 3}
    assert labels.labels[1] == {name: value for name, value in van.items() if name != column}


@pytest.mark.parametrize("value", ['{"a": 1}', '[["a"]]', "true", '"a\\u0000b"', '"\\ud800"'])
@pytest.mark.parametrize("column", ["name", "key", "shapes"])
def test_what_is_no_text_is_a_fault_of_its_row(column: str, value: str) -> None:
    labels = listed(f'[{{"name": "Car"}}, {{"name": "Van", "{column}": {value}}}]')
    assert [label["name"] for label in labels.labels] == ["Car"]
    assert [(rejection.row, rejection.column) for rejection in labels.rejected] == [(2, column)]


def test_columns_that_no_label_has_are_named() -> None:
    assert read_labels.read(b"name,hotky\nCar,c\n", 2).ignored == ["hotky"]
    assert planned([], '[{"name": "Car", "shapes": "box", "parent": ""}]', asked=set()).ignored == ["shapes"]
    assert planned([], "name,parent\nCar,Van\nVan,", asked={"shapes"}).ignored == ["parent"]


def test_columns_are_not_named_where_no_value_would_have_mattered() -> None:
    plan = planned([], '[{"name": "Car", "shapes": ["mask"], "parent": ""}, {"name": "Van"}]', asked=set())
    assert plan.ignored == []


PRESENT = [
    in_table("Car", hotkey="c"),
    in_table("Van", hotkey="v", colour="#E8590C", parent="Car"),
    in_table("Bus", key="omnibus"),
]


@pytest.mark.parametrize(
    ("text", "added", "changed", "unchanged"),
    [
        ("car\nTram", ["Tram"], [("Car", {"name": "car"})], ["Van", "Bus"]),
        ("name,color\nVan,#e8590c\nBus,", [], [], ["Car", "Van", "Bus"]),
        ("name,hotkey\nCar,v\nVan,c", [], [("Car", {"hotkey": "v"}), ("Van", {"hotkey": "c"})], ["Bus"]),
        ("name,key\nMotor car,car", [], [("Car", {"name": "Motor car"})], ["Van", "Bus"]),
        ("name,key\nBus,bus", [], [("Bus", {"key": "bus"})], ["Car", "Van"]),
        ("name,parent\nVan,CAR\nBus,Car", [], [("Bus", {"parent": "Car"})], ["Car", "Van"]),
        ("name,shapes\nCar,box mask", [], [("Car", {"shapes": "mask, box"})], ["Van", "Bus"]),
    ],
    ids=["a new one", "as it is", "hotkeys swapped", "renamed by its key", "another key", "a parent", "shapes"],
)
def test_a_list_adds_and_changes_and_takes_nothing_away_unasked(
    text: str, added: list, changed: list, unchanged: list
) -> None:
    plan = planned(PRESENT, text)
    assert plan.added == added
    assert plan.changed == [Change(name, columns) for name, columns in changed]
    assert plan.unchanged == unchanged
    assert plan.rejected == plan.removed == []
    assert len(plan.rows) == len(PRESENT) + len(added)


def test_labels_that_the_list_lacks_are_taken_away_where_that_is_asked() -> None:
    plan = planned(PRESENT, "name,hotkey\nTram,\nVan,\nBus,ctrl\n", replace_all=True)
    assert plan.removed == ["Car"] and rejected_values(plan) == [(4, "Bus", "hotkey")]
    assert plan.changed == [Change("Van", {"parent": ""})], "its parent is taken away"
    assert [row["name"] for row in plan.rows] == ["Van", "Bus", "Tram"]
    plan = planned(PRESENT, "name,shapes\nTram,\nVan,\nBus,circle\n", replace_all=True)
    assert plan.removed == ["Car"] and rejected(plan) == [(4, "Bus", "shapes")]
    assert [row["name"] for row in plan.rows] == ["Van", "Bus", "Tram"], "a row that is left out takes no label away"


@pytest.mark.parametrize(
    ("text", "fault", "words", "terms"),
    [
        ("name,key\nTram,\nOmnibus,", (3, "Omnibus", "key"), "“Bus” in the table has the same key", {}),
        ("name,key\nVan,\nVanette,van", (3, "Vanette", "key"), "“Van” in line 2 has the same key", {}),
        ("name,key\nBus,\nCoach,omnibus", (3, "Coach", "name"), "Another row means the same label", {}),
        ("name,key\nBus,bus", (2, "Bus", "key"), "the key stays “omnibus”", {"keys_may_change": False}),
        ("name,parent\nTram,Train", (2, "Tram", "parent"), "There is no label “Train”", {}),
        ("name,parent\nTram,Tram", (2, "Tram", "parent"), "It lies under itself", {}),
        ("name,parent\nCar,Van", (2, "Car", "parent"), "It lies under itself", {}),
    ],
)
def test_a_label_that_cannot_stand_beside_the_others_is_named_and_left_out(
    text: str, fault: tuple, words: str, terms: Mapping
) -> None:
    plan = planned(PRESENT, text, **terms)
    assert rejected(plan) == [fault]
    assert words in plan.rejected[0].text
    assert plan.rows[:3] == PRESENT and not plan.changed


@pytest.mark.parametrize(
    ("text", "faults", "words", "hotkeys"),
    [
        ("name,hotkey\nTram,c", [(2, "Tram", "hotkey")], "“Car” in the table has the same hotkey", "cv  "),
        ("name,hotkey\nTram,s", [(2, "Tram", "hotkey")], "S is the studio's own key for “Skip”", "cv  "),
        ("name,hotkey\nVan,S", [(2, "Van", "hotkey")], "S is the studio's own key", "cv "),
        ("name,hotkey\nBus,v\nTram,t", [(2, "Bus", "hotkey")], "“Van” in the table", "cv t"),
        ("name,hotkey\nTram,c\nCar,s", [(2, "Tram", "hotkey"), (3, "Car", "hotkey")], "“Car” in the table", "cv  "),
        ("name,hotkey\nTram,c\nCar,b", [], "", "bv c"),
    ],
    ids=["another's", "the studio's", "of a label that has one", "one of two", "a chain", "handed on"],
)
def test_a_hotkey_that_is_not_free_is_left_out_and_its_label_taken(
    text: str, faults: list, words: str, hotkeys: str
) -> None:
    plan = planned(PRESENT, text)
    assert rejected(plan) == [] and rejected_values(plan) == faults
    assert words in "".join(rejection.text for rejection in plan.rejected_values)
    assert [row.get("hotkey") or " " for row in plan.rows] == list(hotkeys)


def test_parents_come_before_what_lies_under_them() -> None:
    plan = planned([in_table("Old", parent="")], "name,parent\nLeaf,Twig\nTwig,Branch\nBranch,\nOld,Branch\n")
    assert [row["name"] for row in plan.rows] == ["Branch", "Old", "Twig", "Leaf"]
    assert planned([], "name,parent\nA,B\nB,A\n").added == []


def test_more_labels_than_a_project_may_have_are_refused() -> None:
    present = [in_table(f"Label {number}", key=f"k{number}") for number in range(limits.LABELS)]
    with pytest.raises(Refused) as refusal:
        planned(present, "One more")
    assert refusal.value.code == "too-many-labels"


def test_lists_are_opened_in_the_sandboxed_reader_alone(monkeypatch) -> None:
    def opened(*_arguments: object) -> None:
        raise AssertionError("opened in this process")

    for module, name in ((read_labels, "read"), (yaml_files, "loads"), (xml_files, "root_of")):
        monkeypatch.setattr(module, name, opened)
    assert [label["name"] for label in label_lists.read("name,hotky\nCar,c\nCar,d\n").labels] == ["Car"]
    assert label_lists.read("name,hotky\nCar,c\n").ignored == ["hotky"]
    with pytest.raises(Refused) as refusal:
        label_lists.read("- &a x\n- *a")
    assert (refusal.value.code, refusal.value.place) == ("yaml-alias", "line 1")


def test_labels_come_back_as_they_were_written() -> None:
    labels = [
        {"name": "=1+1", "key": "-a", "colour": "#1971c2", "hotkey": "a", "shapes": ["mask", "box"], "parent": ""},
        {"name": "Salt, “pepper”;", "key": "salt", "colour": "#e8590c", "hotkey": "", "shapes": [], "parent": "-a"},
    ]
    expected = [{name: value for name, value in entry.items() if value} for entry in label_lists.entries(labels)]
    for text in (label_lists.as_csv(labels), label_lists.as_json(labels)):
        assert [{name: label[name] for name in label if name != "row"} for label in listed(text).labels] == expected
    assert "\n'=1+1,'-a," in label_lists.as_csv(labels), "a spreadsheet computes nothing"


# The page


def applied(content: str) -> dict[str, str]:
    """The rows that a preview would put into the table, as the page sends them."""
    rows = re.findall(
        r"<li class=\"labels__row\".*?</li>\s*(?=<li class=\"labels__row|</template>)", content, re.DOTALL
    )
    sent = {"labels-TOTAL_FORMS": str(len(rows)), "labels-INITIAL_FORMS": "0"}
    for place, row in enumerate(rows):
        for tag in re.findall(r"<input[^>]+>", row):
            values = dict(re.findall(r'(\w+)="([^"]*)"', tag))
            if "name" in values and (values.get("type") != "checkbox" or " checked" in tag):
                sent[values["name"]] = values.get("value", "")
        sent[f"labels-{place}-ORDER"] = str(place + 1)
    return sent


@pytest.mark.django_db
def test_a_list_is_previewed_then_saved_with_the_table(cast) -> None:
    project = make.project(cast.riverside, "Names")
    before = save_settings.labels_of(project)
    mina, settings = signed_in(cast.mina), reverse("project-settings", args=[project.public_id])
    page = mina.get(settings).content.decode()
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]  # type: ignore[index]
    text = "\n".join(["name,key,hotkey", "person,,p", "Location,place,", *(f"Kind {number},," for number in range(65))])
    shown = list(before)
    table = {"labels-TOTAL_FORMS": str(len(shown)), "labels-INITIAL_FORMS": "0"}
    for place, label in enumerate(shown):
        table |= {f"labels-{place}-name": label["name"], f"labels-{place}-present_key": label["key"]}
        table |= {f"labels-{place}-key": label["key"], f"labels-{place}-colour": label["colour"]}
        table[f"labels-{place}-hotkey"] = label["hotkey"]
    answer = mina.post(reverse("project-label-list", args=[project.public_id]), table | {"list_text": text})
    content = answer.content.decode()
    assert answer.status_code == 200 and content.count("data-row>") == 65 + len(before)
    assert save_settings.labels_of(project) == before, "a preview saves nothing"
    form = {name: value for name, value in FORM.items() if not name.startswith("labels-")}
    saved = mina.post(settings, form | {"name": "Names", "seen": seen} | applied(content))
    assert saved.status_code == 302, saved.content.decode()[-3000:]
    labels = save_settings.labels_of(project)
    assert [label["name"] for label in labels] == [
        *({"person": "person", "place": "Location"}.get(label["key"], label["name"]) for label in before),
        *(f"Kind {number}" for number in range(65)),
    ]
    assert {label["key"] for label in before} <= {label["key"] for label in labels}


@pytest.mark.django_db
def test_a_preview_shows_what_a_renamed_label_will_be_called_and_names_labels_in_the_readers_marks(cast) -> None:
    project = make.project(cast.riverside, "Names")
    address = reverse("project-label-list", args=[project.public_id])
    row = {"name": "Person", "key": "person", "present_key": "person", "colour": "#1971c2"}
    table = {f"labels-0-{name}": value for name, value in row.items()}
    table |= {"labels-TOTAL_FORMS": "1", "labels-INITIAL_FORMS": "0"}
    pasted = {"list_text": "name,key,hotkey\nHuman,person,s\n!,,\n"}
    for headers, words in (({}, "“Human”"), ({"Accept-Language": "es"}, "«Human»")):
        answer = signed_in(cast.mina).post(address, table | pasted, headers=headers).content.decode()
        assert re.search(r"Person\s*<span class=\"muted\">\(name: Human\)", answer)
        assert words in answer and ("“" in answer) == ("“" in words)


@pytest.mark.django_db
def test_a_fault_of_a_list_is_reported_in_the_readers_language(cast) -> None:
    project = make.project(cast.riverside, "Names")
    address = reverse("project-label-list", args=[project.public_id])
    for headers, words in (({}, "line 2: This line"), ({"Accept-Language": "es"}, "línea 2: ")):
        answer = signed_in(cast.mina).post(
            address, EMPTY_TABLE | {"list_text": "name,key\nSalt, pepper,salt"}, headers=headers
        )
        assert words in answer.content.decode()


@pytest.mark.django_db
def test_labels_are_copied_to_a_text_project_without_the_hotkeys_of_its_studio(cast) -> None:
    labels = [{"name": name, "hotkey": name[0].lower()} for name in ("Meadow", "Orchard", "Cliff")]
    photographs = make.project(cast.riverside, "Photographs", task_type="classification", labels=labels)
    Label.objects.filter(project=photographs).update(shapes=["box"])
    reports = make.project(cast.riverside, "Reports")
    mina, settings = signed_in(cast.mina), reverse("project-settings", args=[reports.public_id])
    address = reverse("project-label-list", args=[reports.public_id])
    answer = mina.post(address, EMPTY_TABLE | {"list_project": str(photographs.public_id)}).content.decode()
    assert "Labels left out" not in answer and "Columns left out" not in answer
    assert "Hotkeys and colours left out 2" in answer
    assert "M is the studio&#x27;s own key for “Mark every occurrence”" in answer
    seen = re.search(r'name="seen" value="([^"]+)"', mina.get(settings).content.decode())[1]  # type: ignore[index]
    form = {name: value for name, value in FORM.items() if not name.startswith("labels-")}
    saved = mina.post(settings, form | {"name": "Reports", "seen": seen} | applied(answer))
    assert saved.status_code == 302, saved.content.decode()[-3000:]
    hotkeys = {label["name"]: label["hotkey"] for label in save_settings.labels_of(reports)}
    assert hotkeys == {"Meadow": "", "Orchard": "", "Cliff": "c"}


@pytest.mark.django_db
def test_labels_are_copied_with_what_they_ask_and_only_from_projects_that_one_manages(cast) -> None:
    project, other = make.project(cast.riverside, "Names"), make.project(cast.riverside, "Others")
    attribute = {"name": "Deceased", "kind": "flag"}
    configure.set_labels(other, [{"name": "Judge", "hotkey": "1", "attributes": [attribute]}], by=cast.mina)
    foreign = make.project(make.organization("Elsewhere"), "Foreign")
    Label.objects.filter(project=foreign).update(name="Judge")
    mina, address = signed_in(cast.mina), reverse("project-label-list", args=[project.public_id])
    copied = mina.post(address, EMPTY_TABLE | {"list_project": str(other.public_id)}).content.decode()
    assert 'value="Judge"' in copied and "Deceased" in copied
    for source in (str(foreign.public_id), "nonsense"):
        assert "Judge" not in mina.post(address, EMPTY_TABLE | {"list_project": source}).content.decode()
    new = reverse("project-new-label-list")
    assert 'value="Judge"' in mina.post(new, EMPTY_TABLE | {"list_project": str(other.public_id)}).content.decode()
    page = mina.post(address, {"list_options": "1"}).content.decode()
    assert str(other.public_id) in page and str(foreign.public_id) not in page


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["stranger", "neighbour", "tasker"])
def test_nobody_else_reads_or_previews_labels(cast, who: str) -> None:
    project = make.project(cast.riverside, "Names")
    client = signed_in({"stranger": cast.sam, "neighbour": cast.nora, "tasker": cast.alice}[who])
    for name in ("project-labels-csv", "project-labels-json"):
        assert client.get(reverse(name, args=[project.public_id])).status_code in (403, 404)
    answer = client.post(reverse("project-label-list", args=[project.public_id]), EMPTY_TABLE | {"list_text": "Ship"})
    assert answer.status_code in (403, 404)


@pytest.mark.django_db
def test_a_manager_of_one_project_is_offered_that_one_alone(cast) -> None:
    project, other = make.project(cast.riverside, "Names"), make.project(cast.riverside, "Others")
    kim = make.person("kim")
    Membership.objects.create(person=kim, organization=cast.riverside, role=Role.MANAGER, project_key=project.public_id)
    address = reverse("project-label-list", args=[project.public_id])
    client = signed_in(kim)
    page = client.post(address, {"list_options": "1"})
    assert page.status_code == 200 and str(other.public_id) not in page.content.decode()
    answer = client.post(address, EMPTY_TABLE | {"list_project": str(other.public_id)})
    assert "data-row>" not in answer.content.decode()
