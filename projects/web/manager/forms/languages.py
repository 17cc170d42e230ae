"""The instructions in other languages, as fields of a form: one for each that they may be said in."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import limits

IN_LANGUAGE = "instructions_"  # and a language's code: the name of a field


class Markdown(forms.CharField):
    """A text as it was typed. Browsers send two characters for the end of a line, which are one where it is held and
    counted."""

    widget = forms.Textarea(attrs={"rows": 10, "spellcheck": "true"})

    def __init__(self, **more: Any) -> None:
        super().__init__(required=False, max_length=limits.INSTRUCTIONS, strip=False, **more)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class InLanguages(forms.Form):
    """A form with such fields, which `languages` names by code."""

    def __init__(self, *args: Any, languages: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.languages = languages or {}
        for code, name in self.languages.items():
            self.fields[IN_LANGUAGE + code] = Markdown(label=_("Instructions in %(language)s") % {"language": name})

    @property
    def translated(self) -> list[forms.BoundField]:
        """The fields, to be shown."""
        return [self[IN_LANGUAGE + code] for code in self.languages]

    def said_in_languages(self) -> dict[str, str]:
        """{language: Markdown} as configure's verbs take it. Call when valid."""
        return {code: self.cleaned_data[IN_LANGUAGE + code] for code in self.languages}
