from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0025_reviews_by_two'),
    ]

    operations = [
        migrations.AddField(
            model_name='import',
            name='makes_live',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
