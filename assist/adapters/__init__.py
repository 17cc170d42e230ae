"""The models themselves: their files and how each is asked."""
