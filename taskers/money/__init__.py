"""The ledger, payouts, disputes, and whose yes counts."""
