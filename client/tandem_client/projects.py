"""Projects: listed, looked at, made, copied."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tandem_client.codec import decoded, given
from tandem_client.errors import NotThere
from tandem_client.lists import listed
from tandem_client.models import Project, ProjectLine, Settings
from tandem_client.schema import Label
from tandem_client.transport import Request, Transport, at, new_key


class Projects:
    """The projects that the token's person manages."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[ProjectLine]:
        """All of them, in the order in which they were made."""
        return listed(self._transport, at("projects"), ProjectLine)

    def get(self, project_id: str) -> Project:
        """One of them, with its settings in force and its labels."""
        return decoded(Project, self._transport.ask(Request("GET", at("projects", project_id))))

    def find(self, name: str) -> ProjectLine:
        """The one of a name or an id. Raises NotThere where there is none."""
        wanted, names = name.casefold(), []
        for one in self.list():
            if one.id == wanted or one.name.casefold() == wanted:
                return one
            names.append(one.name)
        known = ", ".join(f"“{one}”" for one in names[:10]) or "none"
        raise NotThere(f"You manage no project “{name}”. There is: {known}{' and more' if len(names) > 10 else ''}.")

    def create(
        self,
        name: str,
        task_type: str,
        *,
        labels: Sequence[Label | Mapping[str, Any]] = (),
        settings: Settings | Mapping[str, Any] | None = None,
        key: str = "",
    ) -> Project:
        """Make one. What `settings` leave out keeps its default; `key` makes sure that a second call makes no second
        one, after a crash too."""
        body = given(settings or {}) | {"name": name, "task_type": task_type, "labels": given(list(labels))}
        request = Request("POST", at("projects"), json=body, key=key or new_key())
        return decoded(Project, self._transport.ask(request))

    def clone(self, project_id: str, name: str, *, key: str = "") -> Project:
        """Another one with the same labels, settings, instructions, rules and course, without data; `key` as in
        `create`."""
        request = Request("POST", at("projects", project_id, "clone"), json={"name": name}, key=key or new_key())
        return decoded(Project, self._transport.ask(request))
