"""What an evaluation tells beside its scores, and what these are; of those that were made before neither is kept."""

import django.db.models.expressions
import django.db.models.fields.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assist", "0019_shares_of_rivals")]

    operations = [
        migrations.AddField(
            model_name="evaluation",
            name="figures",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="evaluation",
            name="measure",
            field=models.CharField(blank=True, db_default="", default="", max_length=16),
        ),
    ]
