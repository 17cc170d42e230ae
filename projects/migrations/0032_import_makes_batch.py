from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("projects", "0031_audits_by_hour"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="makes_batch",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
