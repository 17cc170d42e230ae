from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """While people work: the table of suggestions is large."""

    atomic = False
    dependencies = [("assist", "0014_atlas")]
    operations = [
        AddIndexConcurrently(
            model_name="suggestion",
            index=models.Index(fields=["project_key", "model"], name="suggestion_by_model"),
        ),
    ]
