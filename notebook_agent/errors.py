"""The exceptions of notebook_agent, in one tree.

    AgentError
    ├── GraphError              a graph that cannot be built
    ├── ConditionError          an edge whose condition cannot be parsed or decided
    ├── StateError              a value or key that a state cannot hold
    │   ├── MissingKeyError     (also KeyError)
    │   ├── FrozenValueError    (also TypeError) a stored list or dict changed in place
    │   ├── StateTypeError      (also ValueError) a value that does not fit the typing system; `key` names it
    │   └── UnstorableError     (also TypeError) a value that has no codec; `path` names it
    ├── ActionError             an action that breaks its declaration
    │   ├── ResultError         returned something that is not a State
    │   ├── WriteError          a declared write is missing, or an undeclared one was made
    │   └── ActionTimeoutError  (also TimeoutError) an attempt took longer than it may
    ├── InputError              inputs of a run call
    │   ├── MissingInputError
    │   └── UnknownInputError
    ├── RunError                a run that cannot go on as asked
    │   ├── UnknownRunError     (also LookupError)
    │   ├── UnknownStepError    (also LookupError)
    │   ├── RunExistsError
    │   ├── ForkError
    │   ├── RunConflictError    another writer holds or has moved the run
    │   ├── RunBusyError        this application is already running
    │   ├── EffectError         an irreversible action would be fired twice
    │   └── MaxStepsError
    ├── StoreError              the file under a store
    │   ├── StoreFormatError    not a store of ours, damaged, or from a newer version
    │   ├── StoreReadOnlyError
    │   └── StoreFullError
    ├── CallError               recorded LLM calls
    │   ├── LedgerMissError     strict replay has no record of this call
    │   ├── BudgetError         a call that would go beyond max_calls or max_cost
    │   ├── LedgerFormatError   a ledger file that cannot be read
    │   └── RegisterError       a host or a price that cannot be
    ├── OfflineError            (also OSError) a socket where all are refused: in a test, in a replayed run
    └── CommandError            an `%agent` line, or the same call in Python, that cannot be carried out

Every message says what happened, where, and what to do. A user's own exception
is never wrapped: it leaves a run with its own type.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "REFUSED",
    "ActionError",
    "ActionTimeoutError",
    "AgentError",
    "BudgetError",
    "CallError",
    "CommandError",
    "ConditionError",
    "EffectError",
    "EndsAtUser",
    "ForkError",
    "FrozenValueError",
    "GraphError",
    "InputError",
    "LedgerFormatError",
    "LedgerMissError",
    "MaxStepsError",
    "MissingInputError",
    "MissingKeyError",
    "OfflineError",
    "RegisterError",
    "ResultError",
    "RunBusyError",
    "RunConflictError",
    "RunError",
    "RunExistsError",
    "StateError",
    "StateTypeError",
    "StoreError",
    "StoreFormatError",
    "StoreFullError",
    "StoreReadOnlyError",
    "UnknownInputError",
    "UnknownRunError",
    "UnknownStepError",
    "UnstorableError",
    "WriteError",
    "did_you_mean",
    "end_at_user",
]


_OURS = (f"{__name__.partition('.')[0]}.", "IPython.")


def end_at_user(error: BaseException) -> None:
    """Cut our frames, and those of commands, off the end of a traceback: the user's line is last."""
    frame, users = error.__traceback__, None
    while frame is not None:
        if not str(frame.tb_frame.f_globals.get("__name__")).startswith(_OURS):
            users = frame
        frame = frame.tb_next
    if users is not None:
        users.tb_next = None


class EndsAtUser(BaseException):
    """An exception whose traceback in a notebook ends at the user's own line."""

    def _render_traceback_(self) -> list[str]:
        """Give IPython the traceback that it shows; it hides no frame that comes last."""
        import traceback

        from IPython.core.getipython import get_ipython

        end_at_user(self)
        shell = get_ipython()
        if shell is None:
            return traceback.format_exception(self)
        lines: list[str] = shell.InteractiveTB.structured_traceback(type(self), self, self.__traceback__)
        return lines


class AgentError(EndsAtUser, Exception):
    """Base of all errors that notebook_agent raises itself.

    The keyword arguments are kept as attributes, so that a program can react
    without parsing the message; those that do not apply are None.

    Attributes:
        run: The run's `app_id`.
        seq: The step's number in its run.
        action: The action's name.
        key: The state key or the input's name.
        path: Where in a value or on disk, such as `state['client']._lock`.
    """

    run: str | None = None
    seq: int | None = None
    action: str | None = None
    key: str | None = None
    path: str | None = None

    def __init__(self, message: str, /, **data: str | int | None) -> None:
        super().__init__(message)
        unknown = data.keys() - {"run", "seq", "action", "key", "path"}
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {sorted(unknown)}")
        self.__dict__.update(data)

    def __str__(self) -> str:
        return str(self.args[0])


class GraphError(AgentError, ValueError):
    """A graph cannot be built: a name is unknown, taken twice, or an edge can never be taken."""


class ConditionError(AgentError, ValueError):
    """A condition cannot be parsed, or cannot be decided on a state."""


class StateError(AgentError):
    """A state cannot hold this value or has no such key."""


class MissingKeyError(StateError, KeyError):
    """A state has no such key; `key` names it."""


class FrozenValueError(StateError, TypeError):
    """A list or dict that belongs to a state was changed in place."""


class StateTypeError(StateError, ValueError):
    """A value does not fit the typing system of its state; `key` names it."""


class UnstorableError(StateError, TypeError):
    """A value has no codec; `path` says where it is."""


class ActionError(AgentError):
    """An action does not keep to its declaration."""


class ResultError(ActionError, TypeError):
    """An action returned something other than a State or (result, State)."""


class WriteError(ActionError, ValueError):
    """An action left out a declared write, or wrote a key that it does not declare."""


class ActionTimeoutError(ActionError, TimeoutError):
    """An attempt of an action took longer than its policy's timeout."""


class InputError(AgentError, ValueError):
    """The inputs of a run call do not fit the graph."""


class MissingInputError(InputError):
    """An action needs an input that was not given."""


class UnknownInputError(InputError):
    """No action of the graph takes this input."""


class RunError(AgentError):
    """A run cannot go on as asked."""


class UnknownRunError(RunError, LookupError):
    """The store has no such run."""


class UnknownStepError(RunError, LookupError):
    """The run has no such step."""


class RunExistsError(RunError, ValueError):
    """A run of this id exists already."""


class ForkError(RunError, ValueError):
    """A fork that makes no sense: onto itself, from nothing, or after a step that still runs."""


class RunConflictError(RunError):
    """Another writer holds this run or has moved it on."""


class RunBusyError(RunError):
    """This application is in the middle of a call."""


class EffectError(RunError):
    """An action whose effect cannot be taken back was fired already, and would be fired again."""


class MaxStepsError(RunError):
    """A run call reached its step limit; the checkpoint is valid and the run can go on."""


class StoreError(AgentError):
    """A store cannot be read or written."""


class StoreFormatError(StoreError, ValueError):
    """A file is no store of ours, is damaged, or comes from a newer version."""


class StoreReadOnlyError(StoreError, PermissionError):
    """A store lies where it cannot be written."""


class StoreFullError(StoreError, OSError):
    """The disk under a store is full or fails."""


class CallError(AgentError):
    """A recorded LLM call cannot be served or read."""


class LedgerMissError(CallError, LookupError):
    """Strict replay met a call that the ledger does not hold; nothing was sent."""


class BudgetError(CallError):
    """What live calls may spend is spent; nothing was sent, and the checkpoint is valid."""


class LedgerFormatError(CallError, ValueError):
    """A ledger file cannot be read."""


class RegisterError(CallError, ValueError):
    """What was said of a host or a price cannot be so; `key` names the argument."""


REFUSED = (LedgerMissError, BudgetError)
"""What a call that must not leave ends its step with: no policy tries it again, no edge goes on past it."""


class OfflineError(AgentError, OSError):
    """A socket was to be opened where all are refused: see `notebook_agent.testing.offline`."""


class CommandError(AgentError, ValueError):
    """A command cannot be carried out; the message says what to type."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the known name nearest to `name`, or nothing."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
