/** What happened to nodes and edges up to a place on the slider. */
import type { Step } from "./model.ts";
import type { Point } from "./timeline.ts";
import type { Status } from "./wire.ts";

export interface Visit {
  times: number;
  /** How the last visit went. */
  status: Status;
  /** It gave its record again, and did nothing. */
  served: boolean;
  /** The last visit ran older code than the graph holds now. */
  edited: boolean;
}

export interface Visits {
  nodes: Map<string, Visit>;
  /** How often each edge was taken, by `edgeKey`. */
  edges: Map<string, number>;
}

export const edgeKey = (source: string | null, target: string | null): string => `${source}\n${target}`;

function add({ nodes, edges }: Visits, step: Step | null | undefined): void {
  if (!step) return;
  const { action, status, stale, served } = step;
  nodes.set(action, { times: (nodes.get(action)?.times ?? 0) + 1, status, served, edited: stale });
  const key = edgeKey(step.source, action);
  if (step.source !== null) edges.set(key, (edges.get(key) ?? 0) + 1);
}

/** Counts visits; while a run grows it goes on from the place where it stood. */
export class VisitCounter {
  /** What happened before the place `#at`, of which `#last` is the last step. */
  #before: Visits = { nodes: new Map(), edges: new Map() };
  #at = 0;
  #last: Step | null = null;

  of(points: Point[], at: number): Visits {
    if (!this.#goesOn(points, at)) {
      this.#before = { nodes: new Map(), edges: new Map() };
      this.#at = 0;
    }
    for (; this.#at < at; this.#at += 1) add(this.#before, points[this.#at]?.step);
    this.#last = points[at - 1]?.step ?? null;
    const visits = { nodes: new Map(this.#before.nodes), edges: new Map(this.#before.edges) };
    add(visits, points[at]?.step);
    return visits;
  }

  /** A step is the same object only where all before it are the same. */
  #goesOn(points: Point[], at: number): boolean {
    return at >= this.#at && (points[this.#at - 1]?.step ?? null) === this.#last;
  }
}

/** The place of the action's visit before `at`, or else of its last one; -1 where it was never visited. */
export function visitBefore(points: Point[], at: number, action: string): number {
  const visited = (point: Point): boolean => point.step?.action === action;
  const earlier = points.slice(0, at).findLastIndex(visited);
  return earlier >= 0 ? earlier : points.findLastIndex(visited);
}
