"""What a model of yours says of tasks that are there: offered to whoever does them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tandem_client.codec import decoded
from tandem_client.json_lines import JSON_LINES, MOST_FAULTS, body_of, json_line, moved, pieces
from tandem_client.models import NewPrediction, Predicted, PredictionSource
from tandem_client.transport import Request, Transport, at, new_key


class Predictions:
    """Predictions of the projects that the token's person manages."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(
        self,
        project_id: str,
        rows: Iterable[NewPrediction | Mapping[str, Any]],
        *,
        source: str = "",
        progress: Callable[[Predicted], object] | None = None,
    ) -> Predicted:
        """Send them as they come: {"task" or "external_id", "answer", "score"?, "source"?}. `source` is the model's
        name, of rows that say none. After a crash send all again: the newest of a source holds."""
        return self.send_lines(project_id, map(json_line, rows), source=source, progress=progress)

    def send_lines(
        self,
        project_id: str,
        lines: Iterable[bytes],
        *,
        source: str = "",
        progress: Callable[[Predicted], object] | None = None,
    ) -> Predicted:
        """The same of lines of JSON."""
        done, passed = Predicted(0, 0, 0, [], 0, []), 0
        for piece in pieces(lines):
            if (body := body_of(piece)).strip():
                done = _both(done, self._sent(project_id, body, source), passed)
            passed += len(piece)
            if progress:
                progress(done)
        return done

    def _sent(self, project_id: str, body: bytes, source: str) -> Predicted:
        path, query = at("projects", project_id, "predictions"), {"source": source or None}
        request = Request("POST", path, query=query, content=body, content_type=JSON_LINES, key=new_key())
        return decoded(Predicted, self._transport.ask(request))

    def sources(self, project_id: str) -> list[PredictionSource]:
        """Whose predictions a project has."""
        answer = self._transport.ask(Request("GET", at("projects", project_id, "predictions")))
        return [decoded(PredictionSource, one) for one in answer["results"]]


def _both(done: Predicted, more: Predicted, passed: int) -> Predicted:
    return Predicted(
        read=done.read + more.read,
        kept=done.kept + more.kept,
        rejected=done.rejected + more.rejected,
        errors=(done.errors + [moved(one, passed) for one in more.errors])[:MOST_FAULTS],
        lost=done.lost + more.lost,
        losses=(done.losses + [moved(one, passed) for one in more.losses])[:MOST_FAULTS],
    )
