"""Side by side: parallel actions, whose branches are runs of their own, and grids of forks."""

from __future__ import annotations

from notebook_agent.parallelism.action import TaskBasedParallelAction
from notebook_agent.parallelism.grid import Forked, ForkGrid, Group
from notebook_agent.parallelism.mapping import ForksStopped
from notebook_agent.parallelism.maps import MapActions, MapActionsAndStates, MapStates, map_reduce_action
from notebook_agent.parallelism.tasks import RunnableGraph, SubGraphTask

__all__ = [
    "ForkGrid",
    "Forked",
    "ForksStopped",
    "Group",
    "MapActions",
    "MapActionsAndStates",
    "MapStates",
    "RunnableGraph",
    "SubGraphTask",
    "TaskBasedParallelAction",
    "map_reduce_action",
]
