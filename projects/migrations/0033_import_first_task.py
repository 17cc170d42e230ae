from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("projects", "0032_import_makes_batch"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="first_task",
            field=models.BigIntegerField(blank=True, null=True),
        ),
    ]
