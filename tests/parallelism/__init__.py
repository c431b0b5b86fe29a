"""Parallel actions: maps, their branches as runs, executors, failures."""
