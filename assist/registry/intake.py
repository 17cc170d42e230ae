"""An organization brings a model of its own, asks it again, or takes it away: one verb for pages and programs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from assist.adapters import Offer
from assist.adapters.files import WeightsProblem
from assist.adapters.manifest import FILE, LARGEST_PAGE, ManifestProblem
from assist.models import ModelVersion
from assist.registry import registry, trial
from taskers.errors import NotFound, Problem
from taskers.models import Organization, Person
from taskers.outbound.guard import guard
from taskers.outbox.events import emit


class BadModel(Problem):
    """This model can't be taken as it is."""

    code = "bad-model"
    status = 422


def bring(organization: Organization, source: Path, *, by: Person) -> ModelVersion:
    """Take a zip in as this organization's own; a worker asks it a first question. Raises BadModel, with the place."""
    with _named():
        # Its files first: they lie by content, so that whoever is cut off here leaves nothing that counts.
        version = registry.bring(Path(settings.MODELS_DIR), source, organization=organization, check=check_host)
    with transaction.atomic():
        emit(
            "model_brought",
            organization_id=organization.pk,
            actor_id=by.pk,
            subject=f"model:{version.public_id}",
            model=str(version),
        )
        if version.smoke != ModelVersion.Smoke.PASSED:
            trial.begin(version)
    return version


def bring_page(organization: Organization, page: str, *, by: Person) -> ModelVersion:
    """The same of a model that has no files, by its model.toml alone."""
    content = page.encode("utf-8", "replace")
    if len(content) > LARGEST_PAGE:
        raise BadModel("It is larger than a page can be.", place=FILE)
    with tempfile.TemporaryDirectory(prefix="tandem-model-") as place:
        (Path(place) / FILE).write_bytes(content)
        return bring(organization, Path(place), by=by)


def check_host(offer: Offer) -> None:
    """Raises BadModel where a model lives on another host, and the operator doesn't allow that one: it would never
    answer."""
    url = offer.terms.options.get("url") if offer.terms else None
    if not url:
        return
    try:
        guard().check(url)
    except Problem as problem:
        raise BadModel(problem.template, code=problem.code, place="options.url", **problem.values) from None


def own(organization: Organization, public_id: UUID) -> ModelVersion:
    """One of its models. Raises NotFound."""
    found = ModelVersion.objects.filter(organization=organization, public_id=public_id, removed_at=None).first()
    if found is None:
        raise NotFound()
    return found


def ask_again(version: ModelVersion) -> None:
    """Have it asked its first question anew."""
    trial.begin(version)


def take_away(version: ModelVersion) -> None:
    """Its files go, its record stays. Raises StateConflict while a project asks it."""
    with _named():
        registry.remove(Path(settings.MODELS_DIR), str(version))


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except ManifestProblem as problem:
        raise BadModel("%(why)s", code=problem.code, place=problem.place, why=problem.text) from None
    except WeightsProblem as problem:
        raise BadModel("%(why)s", why=str(problem)) from None
