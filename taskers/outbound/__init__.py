"""What Tandem asks of other hosts: nothing, except of those that the operator allowed. Everything goes by one guard."""
