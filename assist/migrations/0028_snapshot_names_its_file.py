"""A snapshot says which file comes before it is there, so that none is left that no snapshot names."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assist", "0027_measured_labels")]

    operations = [
        migrations.RemoveConstraint(model_name="snapshot", name="snapshot_ready_has_sha256"),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sha256__regex", "^[0-9a-f]{64}$"),
                    models.Q(models.Q(("state", "ready"), _negated=True), ("sha256", "")),
                    _connector="OR",
                ),
                name="snapshot_ready_has_sha256",
            ),
        ),
    ]
