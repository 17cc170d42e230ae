"""Rules that act by themselves: when somebody's latest work meets a condition, something follows.

A condition is one file and one line in `conditions`, an action one file and one line in `actions`. Everything that
follows has a reason, an end, and can be contested; before a rule is on, `preview` says what it would have done.
"""
