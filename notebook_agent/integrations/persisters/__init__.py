"""Persisters under the names by which code for Burr imports them."""
