"""Which tasks are alike: where each text and image lies is kept, and what lies near is found."""
