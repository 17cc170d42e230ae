"""An app for tests/settings.py alone: its `flush` comes before Django's."""
