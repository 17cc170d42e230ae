"""A project's settings: label schema, instructions, fields, terms, and the verbs that change them."""
