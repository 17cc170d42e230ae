"""Pictures in a project's instructions: put in and taken out beside the text, which stays as it is being typed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from projects.configuration import illustrations
from projects.data.media.illustrate import illustrate
from projects.models import Project
from projects.web.manager.forms.illustrations import IllustrationForm
from projects.web.shared.access import manages
from taskers.errors import Problem
from taskers.web.requests import MemberRequest


@require_POST
@manages
def add(request: MemberRequest, project: Project) -> HttpResponse:
    """Keep a picture for the text."""
    form = IllustrationForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            made = illustrate(project, form.read(), by=request.user, **form.terms())
            said = _("Kept. Write %(markdown)s where it is to stand.") % {"markdown": f"![]({made.name})"}
            return _answer(request, project, IllustrationForm(), said)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    return _answer(request, project, form)


@require_POST
@manages
def remove(request: MemberRequest, project: Project) -> HttpResponse:
    """Show a picture no more."""
    name = request.POST.get("picture", "")
    try:
        illustrations.remove(project, name, by=request.user)
    except Problem as problem:
        return _answer(request, project, IllustrationForm(), gone=problem.text)
    said = _("“%(name)s” is removed. Where the text still calls it, that is said.") % {"name": name}
    return _answer(request, project, IllustrationForm(), said)


def _answer(
    request: MemberRequest, project: Project, form: IllustrationForm, said: str = "", gone: str = ""
) -> HttpResponse:
    """The list anew where the page asked for it alone, so that nothing that was typed is lost; else the whole page."""
    if not request.htmx:
        if said:
            messages.success(request, said)
        for error in [*filter(None, [gone]), *(str(one) for errors in form.errors.values() for one in errors)]:
            messages.error(request, error)
        return redirect("project-settings", project.public_id)
    context = {
        "project": project,
        "pictures": illustrations.listed(project).filter(removed_at=None),
        "picture_form": form,
        "picture_said": said,
        "picture_gone": gone,
    }
    return render(request, "projects/manager/_illustrations.html", context, status=200 if said else 422)
