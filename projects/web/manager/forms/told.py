"""Fields beside which stands what they come to, asked for anew while somebody types."""

from collections.abc import Iterable

from django import forms

# The fields of settings and rules that people type in other units than they are kept in.
FIELD_OF = {"lease_seconds": "lease_minutes"}
# All such fields go along, and of several answers the last one counts.
LIVE = {
    "data-told": True,
    "hx-trigger": "input delay:400ms",
    "hx-include": "[data-told]",
    "hx-swap": "none",
    "hx-sync": "closest form:replace",
}


def ask_while_typed(form: forms.Form, names: Iterable[str], address: str) -> None:
    """Have the fields of these settings ask an address for their effects (web/manager/typed_settings.py)."""
    for name in names:
        form.fields[FIELD_OF.get(name, name)].widget.attrs |= LIVE | {"hx-get": address}
