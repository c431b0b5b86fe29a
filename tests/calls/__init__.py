"""Tests of the model calls."""
