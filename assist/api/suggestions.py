"""Suggestions for a task in hand, for clients without a websocket."""

import json
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assist.errors import CopilotError
from assist.session import single_request
from assist.session.protocol import MAX_BYTES
from projects.api.endpoint import Endpoint, described
from projects.api.serializers import KnownFields
from projects.api.work_serializers import SuggestionsShape
from projects.errors import LeaseLost, Refused
from taskers.errors import StateConflict
from taskers.models import Scope


class PromptQuery(KnownFields):
    """The question. Without a prompt: everything that can be asked without pointing at something."""

    prompt = serializers.CharField(
        required=False,
        max_length=MAX_BYTES,
        help_text='JSON as in the websocket\'s `prompt`: `{"points": [[9, 9, 1]]}`',
    )

    def validate_prompt(self, text: str) -> object:
        """The prompt as JSON."""
        try:
            prompt = json.loads(text)
        except (ValueError, RecursionError):
            prompt = None
        if not isinstance(prompt, dict) or not prompt:
            raise serializers.ValidationError('A prompt is a JSON object, such as {"text": true}.')
        return prompt


class Suggestions(Endpoint):
    """For whoever holds the work, by the rules of the websocket: none for work that is done without help."""

    scopes = {"GET": (Scope.LABEL,)}

    @described(
        "Get suggestions for a task", {200: SuggestionsShape}, operation_id="work_suggestions", parameters=[PromptQuery]
    )
    def get(self, request: Request, assignment_id: UUID) -> Response:
        assignment = self.assignment(assignment_id)
        query = PromptQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        if assignment.token is None:
            raise LeaseLost()
        prompt = query.validated_data.get("prompt")
        try:
            return Response(single_request.suggest(self.person, assignment.public_id, assignment.token, prompt))
        except CopilotError as problem:
            if problem.code in single_request.BAD_PROMPT:
                raise Refused(problem.text, code=problem.code, place="prompt") from None
            raise StateConflict(problem.text, code=problem.code) from None
