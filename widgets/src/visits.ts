/** What happened to nodes and edges up to a place on the slider. */
import type { Point } from "./timeline.ts";
import type { Status } from "./wire.ts";

export interface Visit {
  times: number;
  /** How the last visit went. */
  status: Status;
}

export interface Visits {
  nodes: Map<string, Visit>;
  /** How often each edge was taken, by `edgeKey`. */
  edges: Map<string, number>;
}

export const edgeKey = (source: string | null, target: string | null): string => `${source}\n${target}`;

export function visitsOf(points: Point[], at: number): Visits {
  const nodes = new Map<string, Visit>();
  const edges = new Map<string, number>();
  for (const { step } of points.slice(0, at + 1)) {
    if (!step) continue;
    nodes.set(step.action, { times: (nodes.get(step.action)?.times ?? 0) + 1, status: step.status });
    const key = edgeKey(step.source, step.action);
    if (step.source !== null) edges.set(key, (edges.get(key) ?? 0) + 1);
  }
  return { nodes, edges };
}

/** The place of the action's visit before `at`, or else of its last one; -1 where it was never visited. */
export function visitBefore(points: Point[], at: number, action: string): number {
  const visited = (point: Point): boolean => point.step?.action === action;
  const earlier = points.slice(0, at).findLastIndex(visited);
  return earlier >= 0 ? earlier : points.findLastIndex(visited);
}
