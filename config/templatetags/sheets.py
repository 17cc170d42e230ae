"""How pages ask for styles that go out together."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from config import sheets as packs

register = template.Library()


@register.simple_tag
def sheets(pack: str) -> SafeString:
    """The links to a pack's styles."""
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', ((one,) for one in packs.addresses(pack)))


@register.simple_tag
def sheet_addresses(pack: str) -> str:
    """The same as addresses, for what a script asks for later."""
    return " ".join(packs.addresses(pack))
