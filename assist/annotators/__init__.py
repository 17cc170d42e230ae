"""Models that answer by themselves: they claim work like anybody."""
