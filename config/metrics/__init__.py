"""Figures for Prometheus: gathered from the processes of this machine, read from the database, told at one address."""
