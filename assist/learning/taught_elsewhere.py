"""Which groups taught a model in other projects of an organization: tried on the same text or image here, it would be
judged by what it knows. Splits are drawn under each project's own id, so that one project's gate is another's lesson.

What another organization's verdicts taught with its consent isn't looked at: how few are left would tell what it has.
"""

from collections.abc import Callable, Sequence

from django.core.files.storage import default_storage

from assist.learning import snapshot_file
from assist.learning.splits import GATE, split_of
from assist.models import ModelVersion, Snapshot
from assist.registry import lineage
from projects.models import Project


def knows(project: Project, versions: Sequence[ModelVersion]) -> Callable[[str], bool]:
    """Tells of a group whether any of these, or what one of them began from, learnt from it in another project. Of a
    snapshot whose file is gone, as after an erasure, all are known but those that judge in its project."""
    own = lineage.snapshots_of(versions).filter(project__organization=project.organization_id)
    groups, unread = set[str](), list[str]()
    for snapshot in own.exclude(project=project).select_related("project"):
        try:
            groups |= _learnt(snapshot)
        except OSError:
            unread.append(str(snapshot.project.public_id))
    return lambda group: group in groups or any(split_of(key, group) != GATE for key in unread)


def _learnt(snapshot: Snapshot) -> set[str]:
    with default_storage.open(snapshot_file.name_of(snapshot.sha256)) as file:
        return snapshot_file.groups(file, but=GATE)
