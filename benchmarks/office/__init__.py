"""The office: how often the forecast's interval holds."""
