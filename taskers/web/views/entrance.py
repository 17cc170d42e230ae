"""Coming in by a link: an invitation, or a new password."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from taskers.errors import Problem
from taskers.models import Invitation, Person
from taskers.organizations.project_names import project_names
from taskers.people import invitations, profile
from taskers.web import problems
from taskers.web.forms import AcceptForm, PasswordForm

BACKEND = "django.contrib.auth.backends.ModelBackend"
METHODS = ["GET", "HEAD", "POST"]  # mail servers look at links before people do


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """An invitation's link. Asks for a name and password, or for signing in where there is an account already."""
    found = invitations.find(secret)
    who = request.user if request.user.is_authenticated else None
    newcomer = who is None and not Person.objects.filter(email=found.email).exists()
    form = None
    if newcomer:
        blank = Person(email=found.email, name=found.name)
        form = AcceptForm(blank, request.POST or None, initial={"name": found.name})
    problem = None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            return _enter(request, found, secret, who, form)
        except Problem as caught:
            problem = caught
    context = {
        "invitation": found,
        "form": form,
        "problem": problem,
        "project": project_names(found.organization).get(found.project_key) if found.project_key else None,
        "matches": who is not None and who.email == found.email,
    }
    refused = problem.status if problem else 422 if request.method == "POST" else 200
    page = render(request, "taskers/invitation.html", context, status=refused)
    return problems.with_headers(page, problem) if problem else page


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@never_cache
def password(request: HttpRequest, key: str, token: str) -> HttpResponse:
    """A password link, made by a manager."""
    person = profile.of_password_link(key, token)
    form = PasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        profile.set_password(key, token, form.cleaned_data["password"])
        messages.success(request, _("Your new password is set. Sign in with it."))
        return redirect("account_login")
    status = 422 if request.method == "POST" else 200
    return render(request, "taskers/password.html", {"form": form, "person": person}, status=status)


def _enter(
    request: HttpRequest, found: Invitation, secret: str, who: Person | None, form: AcceptForm | None
) -> HttpResponse:
    if form is None:
        invitations.accept(secret, person=who)
    else:
        person = invitations.accept(secret, name=form.cleaned_data["name"], password=form.cleaned_data["password"])
        login(request, person, backend=BACKEND)
    request.session["organization"] = str(found.organization.public_id)
    messages.success(request, _("Welcome to %(organization)s.") % {"organization": found.organization})
    return redirect("home")
