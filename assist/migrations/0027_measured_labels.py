"""How far a model's scores may be believed under single labels."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assist", "0026_plans_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="measuredscores",
            name="by_label",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
