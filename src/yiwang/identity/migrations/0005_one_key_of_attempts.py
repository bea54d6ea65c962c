"""The digest alone is the key of a count: two unique columns, and of two who come at once one would be told of a fault."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0004_sessions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="signinattempt",
            name="account",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
