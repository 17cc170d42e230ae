"""How the truth engine lives on rows: evidence read, answers weighed, crowds estimated, what follows written."""
