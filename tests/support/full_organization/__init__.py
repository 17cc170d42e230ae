"""Riverside with one of everything that an address can name, and the people who may or may not ask for it.

Who they are and what they may is the table's to say (permissions.py); what each thing is good for stands beside it.
Things of one kind that are in another state have a name of their own ("corrected", "course"): under it lies what they
have instead of the usual ones.
"""

from tests.support.full_organization.assembly import SECRETS, assemble
from tests.support.full_organization.world import World, address

__all__ = ["SECRETS", "World", "address", "assemble"]
