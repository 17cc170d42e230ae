"""Texts with spans and classes as other tools write them: brat, CoNLL, WebAnno, doccano, Prodigy, spaCy and more."""

import json
import zlib

import datasets
import msgpack
import pytest
import spacy
from spacy.tokens import DocBin, Span

from projects.data.connectors.files import Folder
from projects.data.importing import Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS, recognise
from projects.data.reading.readers import docbin as docbin_reader
from projects.errors import Refused
from tests.support.projects.files import answers, faults, lost, read, rows
from tests.support.projects.importing import lines, picture

TEXT = "Ada met Bob in Rome."


def spans(row: Row, which: int = 0) -> list[tuple[str, str]]:
    """What is marked, and as what."""
    text = row.fields["text"]
    return [(text[one["start"] : one["end"]], one["label"]) for one in answers(row, "text_spans")[which]["spans"]]


def chosen(row: Row) -> list:
    return [(field["field"], field["value"]) for field in row.said[0].answer["fields"]]


# --- brat


def test_brat_entities_with_their_attributes_and_all_that_has_no_place_told():
    notes = [
        "T1\tPER 0 3\tAda",
        "T2\tPER 8 11\tBob",
        "T3\tLOC 15 19\tRome",
        "T4\tMEET 4 7\tmet",
        "T5\tBOTH 0 3;8 11\tAda Bob",
        "A1\tConfidence T1 high",
        "A2\tNegated T2",
        "R1\tKnows Arg1:T1 Arg2:R1\t",
        "E1\tMEET:T4 Who:E1",
        "#1\tAnnotatorNotes T1\thello",
        "T6\tPER 0 3\tBob",
        "T7\tPER 15 900\tRome",
        "T8\tPER x 3\tAda",
    ]
    files = {"a.txt": TEXT, "a.ann": "\n".join(notes), "b.txt": "No notes.", "c.ann": "T1\tPER 0 3\tAda", "x.conf": ""}
    items = read("brat", files, "text_spans")
    a, b = (item for item in items if isinstance(item, Row))
    marked = [("Ada", "BOTH"), ("Ada", "PER"), ("met", "MEET"), ("Bob", "BOTH"), ("Bob", "PER"), ("Rome", "LOC")]
    assert spans(a) == marked and a.external_id == "a" and b.said == ()
    by_label = {(one["start"], one["label"]): one["attributes"] for one in answers(a, "text_spans")[0]["spans"]}
    assert by_label[(0, "PER")] == {"Confidence": "high"} and by_label[(8, "PER")] == {"Negated": True}
    assert by_label[(0, "BOTH")] == {"part_of": "T5"}
    codes = [code for _, code in lost(a)]
    assert codes == ["span-differs", "span-outside-text", "wrong-shape", "no-place", "no-place", "no-place"]
    assert faults(items) == [("c.ann", "no-text")]


# --- columns


@pytest.mark.parametrize(
    "tags",
    [
        "B-PER O B-PER O B-LOC O",  # BIO
        "I-PER O I-PER O I-LOC O",  # IOB
        "S-PER O U-PER O S-LOC O",  # BIOES, BILOU
        "PER O PER O LOC O",  # IO
    ],
)
def test_the_tags_of_columns_in_every_scheme(tags):
    tokens = ["Ada", "met", "Bob", "in", "Rome", "."]
    columns = "\n".join(f"{token} X {tag}" for token, tag in zip(tokens, tags.split(), strict=True))
    (row,) = rows(read("conll", {"a.conll": columns}, "text_spans", columns={}))
    assert spans(row) == [("Ada", "PER"), ("Bob", "PER"), ("Rome", "LOC")]


def test_neighbours_of_one_label_are_apart_and_long_ones_together():
    columns = "Ada\tB-PER\nLovelace\tI-PER\nBob\tB-PER\nHope\tE-PER\nRome\tI-LOC\nAda\tI-PER\n"
    (row,) = rows(read("conll", {"a.tsv": columns}, "text_spans", columns={}))
    assert spans(row) == [("Ada Lovelace", "PER"), ("Bob Hope", "PER"), ("Rome", "LOC"), ("Ada", "PER")]


def test_documents_where_they_are_parted_and_sentences_where_they_arent():
    documents = "-DOCSTART- -X- O O\n\nAda X O B-PER\n\nran X O O\n\n-DOCSTART- -X- O O\n\nHi X O O\n"
    found = rows(read("conll", {"a.conll": documents}, "text_spans"))
    assert [row.fields["text"] for row in found] == ["Ada\nran", "Hi"]
    found = rows(read("conll", {"a.conll": "Ada B-PER\n\n\nran O\n"}, "text_spans"))
    assert [(row.fields["text"], row.place) for row in found] == [("Ada", "line 1"), ("ran", "line 4")]


def test_lines_of_columns_that_cant_be_read_are_told_with_their_number():
    (row,) = rows(read("conll", {"a.conll": b"Ada B-PER\nmet\n\xff O\nBob B-PER\n"}, "text_spans", columns={}))
    assert spans(row) == [("Ada", "PER"), ("Bob", "PER")]
    assert lost(row) == [("line 2", "wrong-columns"), ("line 3, byte 1", "not-utf-8")]


# --- WebAnno

WEBANNO = """#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value
#T_SP=webanno.custom.Mood|mood
#T_RL=webanno.custom.Knows|kind|BT_de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity


#Text=Ada 👩 met Bob.
1-1\t0-3\tAda\t*\tPER\t_\t_\t_\t
1-2\t4-6\t👩\t_\t_\tglad\t_\t_\t
1-3\t7-10\tmet\t_\t_\t_\t_\t_\t
1-4\t11-14\tBob\t*|*\tPER[1]|TEAM[2]\t_\tfriend\t1-1\t
1-5\t14-15\t.\t*\tTEAM[2]\t_\t_\t_\t

#Text=In Rome\\n
2-1\t17-19\tIn\t_\t_\t_\t_\t_\t
2-2\t20-24\tRome\thttp\\|x\tLOC\t_\t_\t_\t
"""


def test_webanno_layers_stacked_spans_and_offsets_beyond_the_first_plane():
    (row,) = rows(read("webanno", {"a.tsv": WEBANNO}, "text_spans"))
    assert row.fields["text"] == "Ada 👩 met Bob.\n\nIn Rome\n"
    assert spans(row) == [("Ada", "PER"), ("👩", "glad"), ("Bob", "PER"), ("Bob.", "TEAM"), ("Rome", "LOC")]
    assert answers(row, "text_spans")[0]["spans"][-1]["attributes"] == {"identifier": "http|x"}
    assert lost(row) == [("a.tsv", "no-place")]


def test_a_webanno_file_cut_in_half_keeps_what_is_whole():
    cut = WEBANNO[: WEBANNO.index("1-5") + 5]
    (row,) = rows(read("webanno", {"a.tsv": cut}, "text_spans"))
    assert ("Ada", "PER") in spans(row) and ("a.tsv, line 12", "wrong-shape") in lost(row)


# --- doccano


def test_doccano_in_its_dialects():
    data = lines(
        {"id": 4, "text": TEXT, "label": [[0, 3, "PER"], [15, 19, "LOC"]], "source": "x"},
        {"text": TEXT, "labels": [[8, 11, "PER"]], "Comments": []},
        {
            "id": 5,
            "text": TEXT,
            "entities": [{"id": 1, "label": "PER", "start_offset": 0, "end_offset": 3}],
            "relations": [{"id": 9, "from_id": 1, "to_id": 1, "type": "x"}],
        },
        {"text": TEXT, "label": []},
        {"text": TEXT},
        {"text": TEXT, "label": [[0, 900, "PER"], [0, 3], "loud"]},
        {"label": [[0, 3, "PER"]]},
    )
    items = read("doccano", {"all.jsonl": data}, "text_spans")
    found = [item for item in items if isinstance(item, Row)]
    marked = [[("Ada", "PER"), ("Rome", "LOC")], [("Bob", "PER")], [("Ada", "PER")], []]
    assert [spans(row) for row in found[:4]] == marked and found[4].said == ()
    assert (found[0].external_id, found[0].fields["meta"]) == ("4", {"source": "x"})
    assert [code for _, code in lost(found[2])] == ["no-place"]
    assert [code for _, code in lost(found[5])] == ["span-outside-text", "wrong-shape", "no-place"]
    assert faults(items) == [("line 7", "no-text")]


def test_doccano_classes_of_texts_and_pictures():
    data = lines({"text": "Fine.", "label": ["good"]}, {"text": "So so.", "label": ["good", "bad"]})
    found = rows(read("doccano", {"a.jsonl": data}, "classification"))
    assert [chosen(row) for row in found] == [[("", "good")], [("", ["good", "bad"])]]
    files = {"a.jsonl": lines({"filename": "x/a.png", "label": ["cat"]}), "images/a.png": picture()}
    (row,) = rows(read("doccano", files, "classification"))
    assert chosen(row) == [("", "cat")] and row.external_id == "images/a.png"


# --- Prodigy


def test_prodigy_answers_of_several_people_about_one_text_are_one_row():
    span = {"start": 0, "end": 3, "label": "PER", "token_start": 0, "token_end": 0}
    one = {"text": TEXT, "_input_hash": 7, "_task_hash": 1, "meta": {"from": "x"}}
    data = lines(
        one | {"spans": [span], "answer": "accept", "_annotator_id": "ann"},
        one | {"spans": [], "answer": "accept", "_session_id": "ner-ben"},
        one | {"spans": [span], "answer": "reject", "_annotator_id": "cy"},
        one | {"answer": "ignore", "_annotator_id": "dee"},
        {"text": "Rome", "_input_hash": 8, "spans": [{"start": 0, "end": 90, "label": "LOC"}], "answer": "accept"},
    )
    first, second = rows(read("prodigy", {"a.jsonl": data}, "text_spans"))
    assert [said.by for said in first.said] == ["ann", "ner-ben"]
    assert spans(first) == [("Ada", "PER")] and spans(first, 1) == [] and first.fields["meta"] == {"from": "x"}
    assert lost(first) == [("a.jsonl, line 1, line 3", "not-accepted"), ("a.jsonl, line 1, line 4", "not-accepted")]
    assert [code for _, code in lost(second)] == ["span-outside-text"]


def test_prodigy_options_and_labels_are_classes():
    options = [{"id": "A", "text": "Good"}, {"id": "B", "text": "Bad"}]
    data = lines(
        {"text": "Fine.", "options": options, "accept": ["A"], "answer": "accept", "_input_hash": 1},
        {"text": "Bah.", "label": "BAD", "answer": "accept", "_input_hash": 2, "score": 0.25},
        {"text": "Hm.", "label": "BAD", "answer": "reject", "_input_hash": 3},
    )
    a, b, c = rows(read("prodigy", {"a.jsonl": data}, "classification"))
    assert (chosen(a), chosen(b), b.said[0].score, c.said) == ([("", "A")], [("", "BAD")], 0.25, ())


def test_prodigy_regions_of_pictures_beside_and_inside():
    import base64

    rect = {"type": "rect", "label": "ship", "x": 1, "y": 2, "width": 8, "height": 9, "points": [[1, 2]]}
    ring = {"type": "polygon", "label": "buoy", "points": [[1, 1], [9, 1], [9, 9]]}
    inside = "data:image/png;base64," + base64.b64encode(picture(7)).decode()
    data = lines(
        {"image": "set/a.png", "spans": [rect, ring, {"label": "x"}], "answer": "accept", "_input_hash": 1},
        {"image": inside, "spans": [rect], "answer": "accept", "meta": {"file": "b.png"}, "_input_hash": 2},
        {"image": "gone.png", "spans": [], "answer": "accept", "_input_hash": 3},
    )
    items = read("prodigy", {"a.jsonl": data, "a.png": picture()})
    a, b = (item for item in items if isinstance(item, Row))
    assert [one["shape"]["type"] for one in answers(a)[0]["regions"]] == ["box", "polygon"]
    assert b.fields["name"] == "b.png" and b.picture and [code for _, code in lost(a)] == ["wrong-shape"]
    assert faults(items) == [("gone.png", "no-picture")]


# --- spaCy


def docbin(*docs) -> bytes:
    return DocBin(docs=docs, store_user_data=True).to_bytes()


def test_a_docbin_of_spacys_own_with_entities_groups_and_categories():
    nlp = spacy.blank("en")
    one = nlp(TEXT)
    one.ents = [Span(one, 0, 1, label="PERSON"), Span(one, 4, 5, label="PLACE")]
    one.spans["sc"] = [Span(one, 0, 3, label="EVENT")]
    two = nlp("Fine  weather.\nIndeed")
    two.cats = {"good": 1.0, "bad": 0.1}
    data = docbin(one, two)
    a, b = rows(read("docbin", {"x.spacy": data}, "text_spans"))
    assert spans(a) == [("Ada", "PERSON"), ("Ada met Bob", "EVENT"), ("Rome", "PLACE")]
    assert b.fields["text"] == "Fine  weather.\nIndeed" and spans(b) == []
    classed = rows(read("docbin", {"x.spacy": data}, "classification"))[1]
    assert chosen(classed) == [("", ["good"])]


@pytest.mark.parametrize("spoil", [lambda data: data[: len(data) // 2], lambda data: b"x" * 50, lambda data: data[:-3]])
def test_a_docbin_that_is_damaged_is_refused_by_name(spoil):
    data = spoil(docbin(spacy.blank("en")(TEXT)))
    with pytest.raises(Refused) as refused:
        read("docbin", {"x.spacy": data}, "text_spans", columns={})
    assert refused.value.code in ("cut-off", "not-a-docbin")


@pytest.mark.parametrize("strings", [[[[]] * 500] * 3, [{str(n): n for n in range(501)}]], ids=["lists", "map"])
def test_a_docbin_of_few_bytes_that_would_take_all_memory_is_refused(monkeypatch, strings):
    monkeypatch.setattr(docbin_reader, "MAX_MSGPACK_OBJECTS", 1000)
    told = msgpack.unpackb(zlib.decompress(docbin(spacy.blank("en")(TEXT))), strict_map_key=False)
    data = zlib.compress(msgpack.packb(told | {"strings": strings, "made": [1.5, -7, 2**40, b"x" * 300, "y" * 300]}))
    with pytest.raises(Refused, match="more than 1000 objects") as refused:
        read("docbin", {"x.spacy": data}, "text_spans", columns={})
    assert refused.value.code == "not-a-docbin"


# --- Hugging Face


def test_a_dataset_saved_to_disk_with_tagged_tokens(tmp_path):
    names = ["O", "B-PER", "I-PER", "B-LOC"]
    tags = datasets.Sequence(datasets.ClassLabel(names=names))
    features = datasets.Features(
        {"id": datasets.Value("string"), "tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": tags}
    )
    rows_ = {"id": ["7"], "tokens": [["Ada", "Lovelace", "in", "Rome"]], "ner_tags": [[1, 2, 0, 3]]}
    datasets.Dataset.from_dict(rows_, features=features).save_to_disk(str(tmp_path))
    files = Folder(tmp_path)
    assert recognise(files, "text_spans").key == "hugging_face"
    (row,) = rows(list(FORMATS["hugging_face"].read(files, Reading("text_spans"))))
    assert spans(row) == [("Ada Lovelace", "PER"), ("Rome", "LOC")] and row.external_id == "7"


def test_a_parquet_file_of_the_hub_with_pictures_classes_and_boxes(tmp_path):
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["cat", "dog"]),
            "objects": {
                "bbox": datasets.Sequence(datasets.Sequence(datasets.Value("float32"), length=4)),
                "category": datasets.Sequence(datasets.ClassLabel(names=["ship", "buoy"])),
            },
            "caption": datasets.Value("string"),
        }
    )
    row = {
        "image": {"bytes": picture(), "path": "a.png"},
        "label": 1,
        "objects": {"bbox": [[1, 2, 8, 9], [3, 3, 4, 4]], "category": [0, 1]},
        "caption": "A boat",
    }
    other = {"image": {"bytes": picture(5), "path": "b.png"}, "label": -1, "objects": {"bbox": [], "category": []}}
    made = datasets.Dataset.from_list([row, other | {"caption": None}], features=features)
    made.to_parquet(str(tmp_path / "train.parquet"))
    files = Folder(tmp_path)
    assert recognise(files, "image_regions").key == "hugging_face"
    a, b = rows(list(FORMATS["hugging_face"].read(files, Reading("image_regions"))))
    assert [(one["label"], one["shape"]["type"]) for one in answers(a)[0]["regions"]] == [
        ("ship", "box"),
        ("buoy", "box"),
    ]
    assert a.external_id == "a.png" and a.fields["meta"] == {"caption": "A boat"} and answers(b) == [{"regions": []}]
    a, b = rows(list(FORMATS["hugging_face"].read(files, Reading("classification"))))
    assert chosen(a) == [("label", "dog")] and b.said == ()


def test_an_arrow_file_cut_in_half_keeps_what_is_whole(tmp_path):
    made = datasets.Dataset.from_dict({"text": [f"Row {n}" for n in range(9)]})
    made.save_to_disk(str(tmp_path))
    path = next(tmp_path.glob("*.arrow"))
    path.write_bytes(path.read_bytes()[:-200])
    items = list(FORMATS["hugging_face"].read(Folder(tmp_path), Reading("text_spans")))
    assert [code for _, code in faults(items)] == ["not-parquet"]


# --- what all have in common


def test_wrong_encodings_are_told_and_never_guessed():
    latin = "Café\tO\n".encode("latin-1")
    (row,) = rows(read("conll", {"a.conll": b"Ada\tB-PER\n" + latin}, "text_spans", columns={}))
    assert [code for _, code in lost(row)] == ["not-utf-8"]
    items = read("brat", {"a.txt": "Café".encode("latin-1"), "b.txt": TEXT, "b.ann": "T1\tPER 0 3\tAda"}, "text_spans")
    assert faults(items) == [("a.txt", "not-utf-8")]
    with pytest.raises(Refused, match="UTF-16"):
        read("doccano", {"a.jsonl": json.dumps({"text": "x", "label": []}).encode("utf-16")}, "text_spans", columns={})


def test_skipping_gives_the_rest_and_nothing_twice():
    data = lines(*({"text": f"Row {n}", "label": []} for n in range(5)))
    every = read("doccano", {"a.jsonl": data}, "text_spans")
    assert read("doccano", {"a.jsonl": data}, "text_spans", skip=3) == every[3:]
