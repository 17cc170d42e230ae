"""Who may work on what, how much, and with whom not."""
