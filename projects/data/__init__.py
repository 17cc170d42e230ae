"""Data in and out: media, importing, exporting, the archive."""
