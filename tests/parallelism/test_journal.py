"""What another process notes is written down in the parent's store as it was in the end."""

from contextlib import closing

from notebook_agent.ids import StepRef
from notebook_agent.parallelism.journal import Journal, write_down
from notebook_agent.store import open_store
from tests.store.runs import KEY, call, counted


def test_a_call_that_was_amended_is_brought_back_whole():
    """Once, where it was begun, under the number that the parent's store gives."""
    journal, ref = Journal(()), StepRef(KEY, 0)
    counted(journal, 1)
    first, other = (journal.record_call(call(ref, body=body)) for body in (b"a", b"z"))
    journal.amend_call(call(ref, body=b"ab", id=first))
    with closing(open_store(None)) as store:
        numbers = write_down(store, journal.entries)
        wanted = [call(ref, body=b"ab", id=numbers[first]), call(ref, body=b"z", id=numbers[other])]
        assert wanted == store.calls([ref])
    journal.close()
