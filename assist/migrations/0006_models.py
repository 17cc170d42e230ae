from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assist", "0005_training")]

    operations = [
        migrations.AlterField(
            model_name="modelversion",
            name="capability",
            field=models.CharField(
                choices=[
                    ("segment", "Masks"),
                    ("detect", "Boxes"),
                    ("spans", "Spans"),
                    ("classify", "Classes"),
                    ("classify-image", "Classes of images"),
                    ("embed", "Embeddings"),
                    ("embed-image", "Embeddings of images"),
                    ("read", "Text in images"),
                    ("imported", "Imported predictions"),
                ],
                max_length=16,
            ),
        ),
    ]
