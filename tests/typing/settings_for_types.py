"""What the types plugin of Django reads: the settings, as module names. Connects to nothing."""

from pathlib import Path

from yiwang.launch.configuration import Configuration
from yiwang.settings import django_settings

globals().update(django_settings(Configuration(data_dir=Path("/nonexistent")), "app", secret_key="types"))
