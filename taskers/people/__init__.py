"""People of an organization: profiles, invitations, preferences."""
