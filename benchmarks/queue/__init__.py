"""The queue at any size: its table, as ratios measured in one run against bare SQL and bare Django."""
