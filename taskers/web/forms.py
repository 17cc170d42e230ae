"""What people type into the people and profile pages."""

from datetime import timedelta
from typing import cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from taskers import access
from taskers.models import Organization, Person, Scope, limits
from taskers.models.people import Role
from taskers.organizations.project_names import project_names


class RoleForm(forms.Form):
    """A role, for all projects or for one. Offers only what the asker may give."""

    role = forms.ChoiceField(label=_("Role"))
    project = forms.TypedChoiceField(label=_("Projects"), required=False, empty_value=None)

    def __init__(self, by: Person, organization: Organization, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        grants = access.grantable(by, organization)
        names = project_names(organization, archived=False)
        role, project = (
            cast(forms.ChoiceField, self.fields["role"]),
            cast(forms.TypedChoiceField, self.fields["project"]),
        )
        role.choices = [(key, _(words)) for key, words in Role.choices if key in grants]
        role.initial = Role.TASKER
        project.choices = [("", _("All projects")), *((str(key), name) for key, name in names.items())]
        # The choices hold every key of the organization, so what passes is one of them.
        by_text = {str(key): key for key in names}
        project.coerce = by_text.__getitem__


class InviteForm(RoleForm):
    """One invitation."""

    email = forms.EmailField(label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    field_order = ["email", "role", "project"]


class InviteListForm(forms.Form):
    """Many invitations, as a file or pasted."""

    file = forms.FileField(label=_("File"), required=False, max_length=200)
    text = forms.CharField(
        label=_("Or paste lines"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "mono", "placeholder": "ada@example.org,Ada Byron,tasker"}),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and file.size > 1024 * 1024:
            raise forms.ValidationError(_("A list of people is at most 1 MB."))
        return file

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not cleaned.get("text", "").strip():
            raise forms.ValidationError(_("Choose a file or paste some lines."))
        return cleaned


class PasswordForm(forms.Form):
    """A new password, for a person who may not be known yet."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, person: Person, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["password"].help_text = _("At least 12 characters. A few words in a row are easy to keep.")

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, self.person)
        return password


class AcceptForm(PasswordForm):
    """Coming in by an invitation, as somebody new."""

    name = forms.CharField(
        label=_("Your name"), max_length=limits.NAME, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ["name", "password"]


class ProfileForm(forms.Form):
    """What a person says of themselves."""

    name = forms.CharField(
        label=_("Name"), max_length=limits.NAME, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Times on pages are told by this clock."))
    language = forms.ChoiceField(
        label=_("Language of the pages"),
        required=False,
        choices=[("", _("As the browser asks")), *settings.LANGUAGES],
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        zones = cast(forms.ChoiceField, self.fields["time_zone"])
        zones.choices = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]


class TokenForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(label=_("What it is for"), max_length=limits.TOKEN_NAME)
    days = forms.TypedChoiceField(
        label=_("Works for"),
        coerce=int,
        initial=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year")), (0, _("until revoked"))],
    )

    scopes = forms.MultipleChoiceField(
        label=_("What it opens"),
        choices=Scope.choices,
        initial=[Scope.EVERYTHING.value],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what it opens.")},
    )

    def __init__(self, *args, **kwargs) -> None:
        kwargs["auto_id"] = "token_%s"  # it shares its page with a person's own name
        super().__init__(*args, **kwargs)

    def expires_at(self):
        """When the token ends, or None."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None


class TokenDaysForm(forms.Form):
    """For how long an organization's tokens may work."""

    days = forms.IntegerField(
        label=_("Days at most"),
        required=False,
        **limits.TOKEN_DAYS.bounds,
        help_text=_("Empty: as whoever makes one says. Those that would work longer end after this time."),
    )


class ServiceAccountForm(RoleForm):
    """A program of the organization's own."""

    name = forms.CharField(label=_("Name"), max_length=limits.NAME)
    note = forms.CharField(label=_("What it does"), required=False, max_length=limits.SERVICE_NOTE)
    field_order = ["name", "note", "role", "project"]

    def __init__(self, by: Person, organization: Organization, *args, **kwargs) -> None:
        super().__init__(by, organization, *args, **kwargs)
        role = cast(forms.ChoiceField, self.fields["role"])
        offered = cast(list[tuple[str, str]], role.choices)
        role.choices = [one for one in offered if one[0] != Role.TASKER]
        role.initial = Role.MANAGER
