"""What pages of several roles use: who comes in, media, drawn answers, units."""
