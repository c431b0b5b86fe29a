"""LangGraph with its SqliteSaver and the chat in a DeltaChannel (beta)."""

from typing import Annotated

import engines.langgraph_sqlite
from langgraph.channels.delta import DeltaChannel

ENVIRONMENT = "langgraph"


def _grown(chat, writes):
    return (chat or []) + [message for write in writes for message in write]


class Engine(engines.langgraph_sqlite.Engine):
    chat = Annotated[list, DeltaChannel(_grown, list)]
