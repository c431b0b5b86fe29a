"""Ways to other tools; each needs its extra and is imported by name."""
