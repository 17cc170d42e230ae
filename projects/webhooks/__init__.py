"""Webhooks: whoever subscribes is told of what happens, by the Standard Webhooks specification.

Read from the outbox (`telling`), kept as deliveries, sent by the worker (`courier`): at least once, in order for each
task, on nobody's way.
"""
