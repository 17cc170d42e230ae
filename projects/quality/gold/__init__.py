"""Gold and courses: kept in stock, dealt, scored, explained."""
