"""How answers are weighed, to choose from: what would be taken for a task type."""

from typing import Any

from django import forms

from projects.configuration import methods


class MethodSelect(forms.Select):
    """Each method says which task types it is for, and whether it needs a single choice, so that a page can offer only
    what would be taken. `now`, if given, are the methods that fit what the form asks at the moment."""

    now: set[str] | None = None

    def create_option(
        self, name: str, value: Any, label: Any, selected: bool, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """Django's, with `data-fits` and `data-one`; hidden where it wouldn't be taken, unless it is chosen already."""
        option = super().create_option(name, value, label, selected, *args, **kwargs)
        option["attrs"]["data-fits"] = " ".join(methods.types_of(str(value)))
        if methods.TOLD[str(value)].one_choice:
            option["attrs"]["data-one"] = True
        if self.now is not None and value not in self.now and not selected:
            option["attrs"] |= {"hidden": True, "disabled": True}
        return option
