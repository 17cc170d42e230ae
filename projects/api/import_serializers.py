"""What goes in with a load, and what comes of it: tasks, files, their problems."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects.api.serializers import KnownFields, PageQuery, PageShape
from projects.data.importing.plan import without_pictures
from projects.data.reading.rows import told
from projects.models import Import, ImportFaults, limits


class NewTask(serializers.Serializer):
    """A row to load. The same external id with the same payload again is known, with another one a conflict."""

    external_id = serializers.CharField(
        max_length=limits.EXTERNAL_ID, required=False, help_text="or `id`, where there is none"
    )
    payload = serializers.DictField()
    callback_url = serializers.CharField(
        max_length=limits.URL,
        required=False,
        help_text="is told of what becomes of this task; a webhook of the project must be for such addresses",
    )


IDS = "of the new tasks, those that the field `id` names for want of an `external_id`"
UNNAMED = "of the new tasks, those without either: their external id is made of their content"
COLUMNS = "names of further fields, kept as the payload's `meta`; the first 100"


class FaultShape(serializers.Serializer):
    place = serializers.CharField(help_text="`tasks[2]` in a list, `line 14` in a file")
    code = serializers.CharField()
    text = serializers.CharField()

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """Its sentence in the reader's language."""
        return super().to_representation(told(instance))


class LoadedShape(serializers.Serializer):
    """What became of the rows. Good rows went in, whatever happened to others."""

    read = serializers.IntegerField()
    loaded = serializers.IntegerField(help_text="new tasks")
    known = serializers.IntegerField(help_text="rows that were tasks already, unchanged")
    rejected = serializers.IntegerField()
    errors = FaultShape(many=True, help_text="the first 1,000 refusals")  # type: ignore[assignment]
    ids = serializers.IntegerField(help_text=IDS)
    unnamed = serializers.IntegerField(help_text=UNNAMED)
    columns = serializers.ListField(child=serializers.CharField(), help_text=COLUMNS)


class NewImport(KnownFields):
    file = serializers.FileField(required=False, help_text="one file; several as a zip or a tar")
    connector = serializers.UUIDField(required=False, help_text="instead of a file: a kept place")
    media = serializers.ChoiceField(
        Import.Media.choices, default=Import.Media.COPIED, help_text="of a connector: pictures copied in, or left there"
    )
    look = serializers.BooleanField(
        default=False, help_text="a dry run: say what is in it, and wait for a choice before anything is loaded"
    )


class ImportShape(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    batch = serializers.UUIDField(source="batch.public_id")
    name = serializers.CharField()
    format = serializers.CharField()
    state = serializers.ChoiceField(Import.State.values)
    position = serializers.IntegerField(help_text="rows read")
    loaded = serializers.IntegerField()
    known = serializers.IntegerField()
    rejected = serializers.IntegerField(source="refused")
    errors = FaultShape(many=True)  # type: ignore[assignment]
    ids = serializers.IntegerField(help_text=IDS)
    unnamed = serializers.IntegerField(help_text=UNNAMED)
    columns = serializers.ListField(child=serializers.CharField(), help_text=COLUMNS)
    answered = serializers.IntegerField(help_text="answers that the files brought, and that were kept")
    lost = serializers.IntegerField(help_text="what rows said that couldn't be kept; the rows went in")
    losses = FaultShape(many=True, help_text="the first of it")
    expected = serializers.IntegerField(allow_null=True, help_text="rows in all, where somebody counted")
    plan = serializers.SerializerMethodField()
    choices = serializers.JSONField(allow_null=True)
    reason = serializers.CharField(source="why", allow_blank=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "object", "nullable": True, "additionalProperties": True})
    def get_plan(self, found: Import) -> dict[str, Any] | None:
        """What was found in the files, without the samples' pictures; "needs" says what is asked for."""
        return without_pictures(found.plan)


class ImportLine(serializers.Serializer):
    """An import in a list."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    format = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(Import.State.values)
    position = serializers.IntegerField(help_text="rows read")
    loaded = serializers.IntegerField()
    known = serializers.IntegerField()
    rejected = serializers.IntegerField(source="refused")
    answered = serializers.IntegerField()
    lost = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class ImportPage(PageShape):
    results = ImportLine(many=True)


class FaultQuery(PageQuery):
    kind = serializers.ChoiceField(
        ImportFaults.Kind.values,
        default=ImportFaults.Kind.REFUSED,
        help_text="rejected rows, or what of other rows wasn't kept",
    )


class FaultPage(PageShape):
    results = FaultShape(many=True)


class LookBody(KnownFields):
    columns = serializers.DictField(
        child=serializers.CharField(), help_text="of a table: a column -> the field that it becomes"
    )
