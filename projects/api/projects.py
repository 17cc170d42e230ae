"""Projects: made, listed, looked at, changed; their labels one by one; copies and templates."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects import access
from projects.api.endpoint import Endpoint, described
from projects.api.etags import tagged, unchanged
from projects.api.pagination import asked, page
from projects.api.serializers import (
    KnownFields,
    LabelShape,
    NewProject,
    PageQuery,
    ProjectLine,
    ProjectPage,
    ProjectShape,
    SettingsShape,
)
from projects.configuration import configure, label_changes, publishing, save_settings
from projects.data.importing import course_copies
from projects.models import Project, ProjectTemplate, limits
from projects.reports import stalls
from projects.workflow import label_removal, project_copies
from taskers.access import require
from taskers.errors import NotFound
from taskers.models import Scope


class ProjectChange(SettingsShape):
    """What is left out stays. `labels`, if given, become all there are: those left out are retired."""

    name = serializers.CharField(max_length=limits.NAME, required=False)
    labels: Any = serializers.ListSerializer(child=LabelShape(), required=False, max_length=limits.LABELS)


class ProjectMove(KnownFields):
    state = serializers.ChoiceField(["live", "paused", "archived"])


class LabelChange(LabelShape):
    """What is left out stays. Until data is loaded a label's key, which is in the address, follows a new name, unless
    a key is said; afterwards it stays."""

    name = serializers.CharField(max_length=limits.LABEL_NAME, required=False)


class LabelMerge(KnownFields):
    into = serializers.CharField(max_length=limits.KEY, help_text="the key of the label that stands for both")


class NewName(KnownFields):
    name = serializers.CharField(max_length=limits.NAME)


class TemplateShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    task_type = serializers.CharField(source="pattern.task_type")
    made_by = serializers.CharField(source="made_by.name")
    made_at = serializers.DateTimeField()


class TemplateList(serializers.Serializer):
    results = TemplateShape(many=True)


class Projects(Endpoint):
    """The projects that the asker manages."""

    scopes = {"GET": (Scope.READ,), "POST": (Scope.MANAGE,)}

    @described("List projects", {200: ProjectPage}, operation_id="projects_list", parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        after, limit = asked(request)
        rows = access.projects_for(self.person, self.organization, *access.MANAGE).filter(pk__gt=after)
        found = list(rows.order_by("pk")[: limit + 1])
        return Response(page(found, after, limit, lambda given: ProjectLine(given, many=True).data))

    @described("Create a project", {201: ProjectShape}, request=NewProject, operation_id="projects_create")
    def post(self, request: Request) -> Response:
        require(self.person, self.organization, *access.MANAGE)
        body = NewProject(data=request.data)
        body.is_valid(raise_exception=True)
        made = configure.create(self.organization, self.person, **body.validated_data)
        return Response(ProjectShape(made).data, status=201)


class OneProject(Endpoint):
    """A project with its settings in force and its labels."""

    scopes = {"GET": (Scope.READ,), "PATCH": (Scope.MANAGE,)}

    @described("Get a project", {200: ProjectShape}, operation_id="projects_get")
    def get(self, request: Request, project_id: UUID) -> Response:
        return tagged(_shown(self.project(project_id, *access.MANAGE)))

    @described("Change settings and labels", {200: ProjectShape}, request=ProjectChange, operation_id="projects_change")
    def patch(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = ProjectChange(data=request.data)
        body.is_valid(raise_exception=True)
        rows = Project.objects.filter(pk=project.pk)
        with unchanged(request, rows, lambda: _shown(project)), label_removal.withdrawing_gold(project, self.person):
            save_settings.amend(project, self.person, **body.validated_data)
        return tagged(_shown(project))


def _shown(project: Project) -> dict[str, Any]:
    return ProjectShape(Project.objects.select_related("organization").get(pk=project.pk)).data


class MoveProject(Endpoint):
    """A project's state."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described(
        "Publish, pause, resume or archive a project",
        {200: ProjectShape},
        request=ProjectMove,
        operation_id="projects_move",
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = ProjectMove(data=request.data)
        body.is_valid(raise_exception=True)
        state = body.validated_data["state"]
        if state == Project.State.LIVE and project.state == Project.State.DRAFT:
            publishing.publish(project, by=self.person)
        else:
            configure.move(project, state, by=self.person)
        return Response(_shown(project))


class Settle(Endpoint):
    """Deciding, by what came in, the tasks that nobody may still do."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Decide what is stuck", {204: None}, request=None, operation_id="projects_settle")
    def post(self, request: Request, project_id: UUID) -> Response:
        stalls.request(self.project(project_id, *access.MANAGE), by=self.person)
        return Response(status=204)


class OneLabel(Endpoint):
    """One label of a project in use."""

    scopes = {"PATCH": (Scope.MANAGE,), "DELETE": (Scope.MANAGE,)}

    @described("Rename or change a label", {200: LabelShape}, request=LabelChange, operation_id="labels_change")
    def patch(self, request: Request, project_id: UUID, label_key: str) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = LabelChange(data=request.data)
        body.is_valid(raise_exception=True)
        with unchanged(request, Project.objects.filter(pk=project.pk), lambda: _shown(project)):
            altered = label_changes.alter(project, label_key, by=self.person, **body.validated_data)
        return Response(LabelShape(altered).data)

    @described("Retire a label", {204: None}, operation_id="labels_retire")
    def delete(self, request: Request, project_id: UUID, label_key: str) -> Response:
        project = self.project(project_id, *access.MANAGE)
        with label_removal.withdrawing_gold(project, self.person):
            label_changes.retire(project, label_key, by=self.person)
        return Response(status=204)


class MergeLabel(Endpoint):
    """Retiring a label for another one, as which it counts from now on."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Merge a label into another", {200: LabelShape}, request=LabelMerge, operation_id="labels_merge")
    def post(self, request: Request, project_id: UUID, label_key: str) -> Response:
        project = self.project(project_id, *access.MANAGE)
        body = LabelMerge(data=request.data)
        body.is_valid(raise_exception=True)
        kept = label_changes.merge(project, label_key, body.validated_data["into"], by=self.person)
        return Response(LabelShape(kept).data)


class Clone(Endpoint):
    """Another project with the same labels, settings, instructions, rules and course, without data."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Clone a project", {201: ProjectShape}, request=NewName, operation_id="projects_clone")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        require(self.person, self.organization, *access.MANAGE)
        name = name_in(request)
        return Response(ProjectShape(course_copies.clone(project, name, by=self.person)).data, status=201)


class Keep(Endpoint):
    """A project's pattern, kept for others."""

    scopes = {"POST": (Scope.MANAGE,)}

    @described("Keep a project as a template", {201: TemplateShape}, request=NewName, operation_id="templates_create")
    def post(self, request: Request, project_id: UUID) -> Response:
        project = self.project(project_id, *access.MANAGE)
        require(self.person, self.organization, *access.MANAGE)
        made = project_copies.keep_template(project, name_in(request), by=self.person)
        made.refresh_from_db()
        return Response(TemplateShape(made).data, status=201)


class Templates(Endpoint):
    """The organization's templates."""

    scopes = {"GET": (Scope.READ,)}

    @described("List templates", {200: TemplateList}, operation_id="templates_list")
    def get(self, request: Request) -> Response:
        require(self.person, self.organization, *access.MANAGE)
        return Response(TemplateList({"results": project_copies.templates_of(self.organization)}).data)


class OneTemplate(Endpoint):
    """One of them: used, thrown away."""

    scopes = {"POST": (Scope.MANAGE,), "DELETE": (Scope.MANAGE,)}

    @described("Create a project after a template", {201: ProjectShape}, request=NewName, operation_id="templates_use")
    def post(self, request: Request, template_id: UUID) -> Response:
        template, name = self._template(template_id), name_in(request)
        return Response(ProjectShape(project_copies.from_template(template, name, by=self.person)).data, status=201)

    @described("Throw a template away", {204: None}, operation_id="templates_remove")
    def delete(self, request: Request, template_id: UUID) -> Response:
        project_copies.remove_template(self._template(template_id), by=self.person)
        return Response(status=204)

    def _template(self, template_id: UUID) -> ProjectTemplate:
        require(self.person, self.organization, *access.MANAGE)
        rows = project_copies.templates_of(self.organization).select_related("organization")
        found = rows.filter(public_id=template_id).first()
        if found is None:
            raise NotFound()
        return found


def name_in(request: Request) -> str:
    """The name that the body says."""
    body = NewName(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data["name"]
