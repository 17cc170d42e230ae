"""Webhooks: how many a second one worker delivers, what a receiver that hangs costs its neighbours, and what is lost by
workers and receivers that are killed."""
