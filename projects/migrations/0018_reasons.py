from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("projects", "0017_priority_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name=name,
            name="reason_of",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        )
        for name in ("archive", "delivery", "import")
    ]
