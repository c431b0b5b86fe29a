"""Parallel actions: their branches are runs of their own, linked to the step that starts them."""

from __future__ import annotations

from notebook_agent.parallelism.action import TaskBasedParallelAction
from notebook_agent.parallelism.maps import MapActions, MapActionsAndStates, MapStates, map_reduce_action
from notebook_agent.parallelism.tasks import RunnableGraph, SubGraphTask

__all__ = [
    "MapActions",
    "MapActionsAndStates",
    "MapStates",
    "RunnableGraph",
    "SubGraphTask",
    "TaskBasedParallelAction",
    "map_reduce_action",
]
