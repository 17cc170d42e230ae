"""The copilot's side of a page's line, played by the test: it answers at once, or when the test says so."""

import json
from typing import Any
from uuid import uuid4

import numpy as np
from playwright.sync_api import Page, WebSocketRoute
from pycocotools import mask as coco

from tests.support.browser import shapes
from tests.support.waiting import until

MODEL = "scripted@1"


class ScriptedCopilot:
    """`prompts`: what was asked, in order; `answers`: what is said to a prompt by its kind, or None to stay silent."""

    def __init__(self, page: Page, capability: str = "segment", **answers: list[dict[str, Any]] | None) -> None:
        self.page, self.capability = page, capability
        self.prompts: list[dict[str, Any]] = []
        self.answers = answers
        self.line: WebSocketRoute | None = None
        page.route_web_socket("**/ws/assist/**", self._open)

    def _open(self, line: WebSocketRoute) -> None:
        self.line = line
        line.on_message(lambda frame: self._hear(line, json.loads(frame)))

    def _hear(self, line: WebSocketRoute, message: dict[str, Any]) -> None:
        if message["type"] == "open":
            ready = {"capability": self.capability, "model": MODEL, "waits": False, "imported": False, "boxes": False}
            line.send(json.dumps({"type": "ready", "id": message["id"], **ready, "words": False}))
        elif message["type"] == "ping":
            line.send(json.dumps({"type": "pong", "id": message["id"]}))
        elif message["type"] == "prompt":
            self.prompts.append(message)
            kind = next((name for name in ("text", "boxes", "everything") if name in message["prompt"]), "masks")
            for answer in self.answers.get(kind) or ():
                self.say(message["id"], answer)

    def say(self, id: str, answer: dict[str, Any]) -> None:
        """One message to the page, of the newest line."""
        assert self.line is not None
        self.line.send(json.dumps({"model": MODEL, "latency_ms": 5, "id": id, **answer}))

    def until_asked(self, count: int) -> dict[str, Any]:
        """The prompt of this number, once the page has sent it."""

        def is_asked() -> bool:
            self.page.wait_for_timeout(20)  # what comes over the line is heard only while Playwright waits
            return len(self.prompts) >= count

        until(is_asked)
        return self.prompts[count - 1]


def run_length(x: int, y: int, width: int, height: int) -> dict[str, Any]:
    """A rectangle as a mask of the shapes' picture."""
    across, down = shapes.SIZE
    pixels = np.zeros((down, across), dtype=np.uint8)
    pixels[y : y + height, x : x + width] = 1
    return {"size": [down, across], "counts": coco.encode(np.asfortranarray(pixels))["counts"].decode()}


def masks(*scores: float, best: int = 0) -> dict[str, Any]:
    """Masks of growing rectangles with these scores."""
    rows = [
        run_length(40, 40, 20 + 20 * n, 20 + 20 * n) | {"score": score, "handle": f"h{n}"}
        for n, score in enumerate(scores)
    ]
    size = [shapes.SIZE[1], shapes.SIZE[0]]
    return {"type": "masks", "suggestion": str(uuid4()), "masks": rows, "best": best, "image_size": size}


def things(count: int) -> dict[str, Any]:
    """So many separate things without labels."""
    rows = [
        {
            "suggestion": str(uuid4()),
            "box": [10 + 30 * n, 20, 20, 20],
            "label": "",
            "score": 0.9 - n / 100,
            "mask": run_length(10 + 30 * n, 20, 20, 20),
            "attributes": {},
        }
        for n in range(count)
    ]
    return {"type": "boxes", "boxes": rows, "note": ""}
