"""The queue at any size: issue 3's table, as ratios measured in one run against bare SQL and bare Django."""
