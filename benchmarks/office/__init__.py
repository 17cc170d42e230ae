"""The office: its forecast, its pages and its bulk actions at size."""
