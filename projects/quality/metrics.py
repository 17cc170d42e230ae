"""What is counted of verdicts, for operators."""

from prometheus_client import Counter

DECISIONS = Counter("tandem_decisions_total", "Verdicts, by the method that came to them.", ["method"])
