"""What Django is told of this app at the start."""

from django.apps import AppConfig


class AssistConfig(AppConfig):
    """The copilot."""

    name = "assist"

    def ready(self) -> None:
        """Let projects' pages say how the copilot is; they know nothing of this app."""
        from assist.alike import groups, index
        from assist.learning import inbox  # models may be imported only from here on
        from assist.session import single_request  # models may be imported only from here on
        from assist.suggestions import record  # models may be imported only from here on
        from assist.web import copilot_harm, status  # models may be imported only from here on
        from projects.queue import answer_check, claim_suggestions
        from projects.reports import alike, notices, offered_effect, queue_health
        from taskers.notifications import kinds

        kinds.KINDS += [*inbox.KINDS, copilot_harm.KIND]
        queue_health.FINDERS[:] = [copilot_harm.hindrances_of]
        notices.SPEAKERS.append(status.of_project)
        alike.FINDERS[:] = [index.near]
        alike.GROUPERS[:] = [groups.of]
        answer_check.OFFERED[:] = [record.offered]
        claim_suggestions.SUGGESTERS[:] = [single_request.suggestions_for]
        offered_effect.FINDERS[:] = [record.lately]
