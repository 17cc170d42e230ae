"""Whether what comes in, what models offer and what people decide is still as it was."""
