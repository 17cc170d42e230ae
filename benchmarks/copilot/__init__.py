"""The copilot against its bare models, through two web processes that share one runtime."""
