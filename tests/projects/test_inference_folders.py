"""Folders of spans, boxes, masks and pairs, as others keep them, are read and measured by what the product decides."""

import csv
import json

import numpy as np
from PIL import Image

from benchmarks.truth.__main__ import measured_in
from benchmarks.truth.folders import measure


def values(place) -> dict[tuple[str, str, str], float]:
    return {(one.kind, one.method, one.measure): one.value for one in measure(place)}


def test_spans_as_json_lines(tmp_path):
    tokens = ["Ada", "Long", "met", "Bo", "Reed", "in", "the", "street"]
    gold = [[0, 2, "person"], [3, 5, "person"]]
    workers = {"ann": gold, "ben": gold, "cem": [[0, 2, "person"]], "dee": gold}
    row = json.dumps({"tokens": tokens, "gold": gold, "workers": workers})
    (tmp_path / "all.jsonl").write_text("\n".join([row] * 12))
    found = values(tmp_path)
    for method in ("ours, all texts together", "spans_v1", "majority per token"):
        assert found["spans", method, "relaxed F1"] == found["spans", method, "strict F1"] == 1


def test_two_labels_are_counted_apart(tmp_path):
    workers = {"ann": [[0, 1, "a"]], "ben": [[0, 1, "b"]], "cem": [[0, 1, "b"], [2, 3, "a"]]}
    row = json.dumps({"tokens": ["x", "y", "z"], "gold": [[0, 1, "b"]], "workers": workers})
    (tmp_path / "all.jsonl").write_text("\n".join([row] * 6))
    assert values(tmp_path)["spans", "majority per token", "strict F1"] == 1


def test_boxes_and_masks_of_images(tmp_path):
    lines = [["image", "worker", "x0", "y0", "x1", "y1"]]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        thing = np.zeros((40, 40), dtype=np.uint8)
        thing[10:30, 5:25] = 255
        for file in ("gold", "slot1", "slot2", "slot3"):
            Image.fromarray(thing).convert("1").save(tmp_path / name / f"{file}.png")
        lines += [[name, "gold", 5, 10, 25, 30], [name, "slot1", 5, 10, 25, 30], [name, "slot2", 6, 10, 25, 30]]
        lines += [[name, "slot3", 0, 0, 25, 30]]
    with (tmp_path / "boxes.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    found = values(tmp_path)
    assert found["masks", "ours", "IoU"] > 0.9 and found["masks", "majority", "IoU"] == 1
    assert found["boxes", "ours", "IoU"] == found["boxes", "median", "IoU"] == 1
    assert found["boxes", "mean", "IoU"] < 0.9


def test_pairs(tmp_path):
    random = np.random.default_rng(0)
    with (tmp_path / "comparisons.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["left", "right", "worker", "label"])
        for _ in range(200):
            left, right = random.permutation(6)[:2]
            rows.writerow([f"i{left}", f"i{right}", f"w{random.integers(5)}", "left" if left > right else "right"])
    found = values(tmp_path)
    for method in ("ours", "Bradley-Terry", "Davidson"):
        assert found["pairs", method, "votes on unseen pairs"] > 0.7  # by chance a half


def test_a_folder_of_another_kind_is_left_alone(tmp_path):
    (tmp_path / "labels.csv").write_text("task,worker,label\n")
    assert measure(tmp_path) == []


def test_a_broken_set_ends_no_other_and_truth_may_cover_some_tasks(tmp_path, capsys):
    good, broken = tmp_path / "good", tmp_path / "broken"
    for place in (good, broken):
        place.mkdir()
        (place / "truth.csv").write_text("task,label,by\nt0,yes,me\nt1,no,me\nnobody's,yes,me\nt2,,me\n")
    said = [f"{n},{'yes' if task % 2 == 0 else 'no'},w{who},\"a, b\",t{task}"
            for n, (task, who) in enumerate(np.ndindex(4, 3))]  # fmt: skip
    (good / "labels.csv").write_text("\n".join(["when,label,worker,why,task", *said]))
    (broken / "labels.csv").write_text("task,worker\nt0,w0\n")
    measured, any_broken = measured_in(tmp_path)
    assert any_broken and "broken can't be measured: KeyError" in capsys.readouterr().err
    assert {(row.set, row.method, row.value) for row in measured} == {
        ("good", method, 1.0) for method in ("ours", "DS", "EBCC", "majority")
    }
