"""Decided tasks as files."""

from pathlib import Path

from tandem_client.downloads import Told, download
from tandem_client.transport import Transport, at


class Exports:
    """The exports of the projects that the token's person manages."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def download(
        self,
        project_id: str,
        format: str,
        to: str | Path = ".",
        *,
        batch_id: str | None = None,
        undecided: bool = False,
        progress: Told | None = None,
    ) -> Path:
        """Write a project's decided tasks, or those of one batch, to a file or into a folder; gives where it lies.

        With `undecided`, answers from which nothing was decided yet go along, marked as such (JSON Lines and tables).
        """
        path = at("projects", project_id, "export", format)
        query: dict[str, str | int | None] = {"batch": batch_id, "undecided": "true" if undecided else None}
        return download(self._transport, path, Path(to), query=query, progress=progress)
