"""State: an immutable mapping whose lists and dicts cannot be changed in place."""
