"""What a process tells of itself: which request its lines are about, its traces, and what it counted."""
