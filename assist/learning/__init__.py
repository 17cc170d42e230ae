"""What the copilot learns from verdicts."""
