"""How people are named in templates of managers: by a link to what they do."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from taskers.models import Person

register = template.Library()


@register.simple_tag
def who(person: Person | None) -> SafeString | str:
    """The name of somebody, linked to their page where they have one, and nothing for nobody. For managers' pages."""
    if person is None:
        return ""
    if not person.has_page:
        return str(person)
    return format_html('<a href="{}">{}</a>', reverse("person-work", args=[person.public_id]), person)
