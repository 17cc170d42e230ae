from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0025_review_rank")]

    operations = [
        migrations.AddField(
            "archive", "reason", models.CharField(blank=True, db_default="", default="", max_length=300)
        ),
    ]
