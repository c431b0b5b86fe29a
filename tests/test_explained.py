"""Decisions of generated graphs: each is explained, and each flip confirmed by running it."""

from __future__ import annotations

import pytest

from tests.explained import proved


@pytest.mark.parametrize("seeds", [range(start, start + 10) for start in range(0, 60, 10)], ids=str)
def test_every_decision_is_explained_and_every_flip_leads_elsewhere(seeds):
    """`benchmarks/explained.py` does the same with a thousand graphs."""
    for seed in seeds:
        told = proved(seed)
        assert told["decisions"] == told["explained"], seed
        assert told["flips"] == told["confirmed"], seed
