"""Learning that begins by itself: a project's plans, and each time that one of them came round."""
