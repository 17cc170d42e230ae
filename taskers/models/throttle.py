"""The shared throttle's counters."""

from django.db import models


class ThrottleBucket(models.Model):
    """How far a bucket is from being as if never used; a row that has settled may go (sole writer: throttle.py)."""

    key = models.CharField(max_length=160, primary_key=True)
    settles_at = models.DateTimeField(db_index=True)
    admitted = models.BooleanField(default=True)  # what the last hit was told

    def __str__(self) -> str:
        return self.key
