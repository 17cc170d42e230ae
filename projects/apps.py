"""What Django is told of this app at the start."""

from uuid import UUID

from django.apps import AppConfig

from taskers.organizations import project_names


class ProjectsConfig(AppConfig):
    """The work."""

    name = "projects"

    def ready(self) -> None:
        """Give the floor below, which knows projects and tasks by key alone, what its pages and verbs ask of them."""
        from projects.data.connectors import saved
        from projects.queue import reviewing  # models may be imported only from here on
        from projects.reports import inbox
        from projects.webhooks import signing
        from taskers.credentials import secret_box
        from taskers.money import disputes
        from taskers.notifications import kinds

        project_names.look_up_with(self._names)
        disputes.JUDGES[:] = [reviewing.judges_of]
        kinds.KINDS += inbox.KINDS
        secret_box.PLACES += [signing.PLACE, saved.PLACE]

    def _names(self, organization, archived: bool, drafts: bool) -> dict[UUID, str]:
        rows = self.get_model("Project")._default_manager.filter(organization=organization)
        rows = rows if archived else rows.exclude(state="archived")
        rows = rows if drafts else rows.exclude(state="draft")
        return dict(rows.order_by("name").values_list("public_id", "name"))
