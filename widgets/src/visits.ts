/** What happened to nodes and edges up to a place on the slider. */
import type { Point } from "./timeline.ts";
import type { Status } from "./wire.ts";

export interface Visit {
  times: number;
  /** How the last visit went. */
  status: Status;
  /** The last visit ran older code than the graph holds now. */
  edited: boolean;
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
  for (let i = 0; i <= at; i += 1) {
    const step = points[i]?.step;
    if (!step) continue;
    const { action, status, stale } = step;
    nodes.set(action, { times: (nodes.get(action)?.times ?? 0) + 1, status, edited: stale });
    const key = edgeKey(step.source, action);
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
