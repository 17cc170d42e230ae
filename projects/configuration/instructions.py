"""Instructions in the languages that taskers read: which there may be, and which ones a person is shown."""

from collections.abc import Mapping

from django.conf import settings as site
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import get_language

from projects.errors import Refused
from projects.models import Project, ProjectSettings, limits
from taskers.models import Organization, Person, Skill


def languages(organization: Organization) -> dict[str, str]:
    """What instructions may be said in, by code: the pages' languages, then those that taskers declare."""
    pages = dict(site.LANGUAGES)
    declared = Skill.objects.filter(organization=organization, kind=Skill.Kind.LANGUAGE).order_by("name", "pk")
    return pages | {key: name for key, name in declared.values_list("key", "name") if key not in pages}


def checked(project: Project, said: object, before: Mapping[str, str]) -> dict[str, str]:
    """{language: Markdown} as it is kept, without the empty ones; what stood there before may stay. Raises Refused."""
    place = "instructions_by_language"
    if not isinstance(said, Mapping):
        raise Refused("Instructions by language are an object of texts.", code="wrong-shape", place=place)
    known = languages(project.organization) | dict(before)
    for code, words in said.items():
        if code not in known:
            text = "There is no language “%(language)s” here."
            raise Refused(text, code="unknown-language", place=place, language=str(code)[:60])
        if not isinstance(words, str) or len(words) > limits.INSTRUCTIONS:
            text = "Instructions are a text of at most %(most)s characters."
            raise Refused(text, code="too-long", place=f"{place}.{code}", most=limits.INSTRUCTIONS)
    return {code: said[code] for code in sorted(said) if said[code].strip()}


def for_reader(settings: ProjectSettings, reader: Person) -> tuple[str, str]:
    """(language, Markdown): in the language of their pages; else in one they declare that no page can be in.

    Failing both the project's own text, whose language is "": nobody said which it is.
    """
    said = settings.instructions_by_language
    if not said:
        return "", settings.instructions
    asked = get_language() or ""
    for code in (asked, asked.partition("-")[0]):
        if code in said:
            return code, said[code]
    others = sorted(set(said) - {code for code, _name in site.LANGUAGES})
    found = _declared(reader, settings.project.organization_id, others) if others else None
    return (found, said[found]) if found else ("", settings.instructions)


def _declared(reader: Person, organization_id: int, codes: list[str]) -> str | None:
    """The first of these languages that a person has, by name."""
    valid = Q(expires_at=None) | Q(expires_at__gt=Now())
    rows = reader.qualifications.filter(valid, skill__organization=organization_id, skill__key__in=codes)
    rows = rows.filter(skill__kind=Skill.Kind.LANGUAGE, value__gt=0).order_by("skill__name", "skill_id")
    return rows.values_list("skill__key", flat=True).first()
