"""The protocol of Label Studio's ML backends, as far as suggestions need it: `/health`, `/setup`, `/predict`.

A backend made for it works here unchanged. It is told a labelling configuration that is written from the manifest, and
its regions come back as spans, boxes and shares. Its offsets count characters, its boxes are percent of the image.
"""

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from assist.adapters import answers
from assist.adapters.outside import Host
from assist.errors import CopilotError

TAGS = {
    "spans": ("Labels", "Label", '<Text name="subject" value="$text"/>'),
    "detect": ("RectangleLabels", "Label", '<Image name="subject" value="$image"/>'),
    "classify": ("Choices", "Choice", '<Text name="subject" value="$text"/>'),
    "generate": ("TextArea", "", '<Text name="subject" value="$text"/>'),
    "classify-image": ("Choices", "Choice", '<Image name="subject" value="$image"/>'),
}


class Backend:
    """One backend, set up once."""

    def __init__(self, host: Host, capability: str, labels: Sequence[str], version: str) -> None:
        self._host, self._capability, self._version = host, capability, version
        self._config = configuration(capability, labels)
        self._set_up = False

    def outputs(self, inputs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """In the form of our own contract. Raises CopilotError."""
        if not self._set_up:
            self._prepare()
        tasks = [{"id": n, "data": _data(one)} for n, one in enumerate(inputs, start=1)]
        asked = {"tasks": tasks, "project": "tandem", "label_config": self._config, "params": {"context": None}}
        reply = answers.a_table(self._host.ask("/predict", asked), "the answer")
        results = answers.a_list(reply.get("results"), "results")
        if len(results) != len(inputs):
            raise answers.broken(f"{len(results)} results for {len(inputs)} tasks")
        said = reply.get("model_version")
        return [self._output(one, said, asked) for one, asked in zip(results, inputs, strict=True)]

    def _prepare(self) -> None:
        """Raises CopilotError, also where the backend says that it isn't up."""
        health = answers.a_table(self._host.look("/health"), "its health")
        if health.get("status") != "UP":
            raise CopilotError("backend-down", "The host that runs this model says that it isn't up.")
        told = {"project": "tandem", "schema": self._config, "hostname": "", "access_token": ""}
        self._check(answers.a_table(self._host.ask("/setup", told), "its setup").get("model_version"))
        self._set_up = True

    def _check(self, said: Any) -> None:
        """Backends may say no version; one that they say has to be the right one."""
        if said not in (None, "", self._version):
            self._set_up = False
            raise answers.broken(f"its host says that it is version {str(said)[:40]!r}, not {self._version!r}")

    def _output(self, result: Any, said: Any, asked: dict[str, Any]) -> dict[str, Any]:
        found = result[0] if isinstance(result, list) and result else result or {"result": []}
        row = answers.a_table(found, "a result")
        self._check(row.get("model_version", said))
        regions = [answers.a_table(one, "a region") for one in answers.a_list(row.get("result"), "result")]
        whole = row.get("score")
        if self._capability == "spans":
            return {"spans": [_span(one) for one in regions]}
        if self._capability == "detect":
            return {"boxes": [_box(one, asked["width"], asked["height"]) for one in regions]}
        if self._capability == "generate":
            return {"text": next((said for one in regions for said in _labels(one, "text")), None)}
        return {"shares": {label: one.get("score", whole) for one in regions for label in _labels(one, "choices")}}


def configuration(capability: str, labels: Sequence[str]) -> str:
    """A labelling configuration with these labels."""
    control, item, subject = TAGS[capability]
    items = "".join(f"<{item} value={quoteattr(label)}/>" for label in labels)
    return f'<View>{subject}<{control} name="label" toName="subject">{items}</{control}></View>'


def _data(one: dict[str, Any]) -> dict[str, str]:
    return {"text": one["text"]} if "text" in one else {"image": f"data:image/png;base64,{one['image']}"}


def _labels(region: Any, name: str) -> list[Any]:
    return answers.a_list(answers.a_table(region.get("value"), "a value").get(name), name)


def _span(region: Any) -> dict[str, Any]:
    value = answers.a_table(region.get("value"), "a value")
    label = next(iter(_labels(region, "labels")), None)
    start, end = (_whole(value.get(name)) for name in ("start", "end"))
    return {"start": start, "end": end, "label": label, "score": region.get("score", value.get("score"))}


def _box(region: Any, width: int, height: int) -> dict[str, Any]:
    value = answers.a_table(region.get("value"), "a value")
    label = next(iter(_labels(region, "rectanglelabels")), None)
    by = {"x": width, "width": width, "y": height, "height": height}
    placed = {name: value[name] * by[name] / 100 if answers.is_number(value.get(name)) else None for name in by}
    return placed | {"label": label, "score": region.get("score", value.get("score"))}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value
