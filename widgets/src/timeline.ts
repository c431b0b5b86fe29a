/** The steps that a run is made of, its ancestors' first, and where each lane lies among them. */

import type { Overview, Progress, Run, Step } from "./model.ts";
import { detailKey } from "./source.ts";

/** A place on the slider; without a step it is the initial state. */
export interface Point {
  run: string;
  seq: number | null;
  step: Step | null;
  /** The fork of the line that starts from here, maybe with an edited state. */
  fork: string | null;
}

/** What tells one place from all others, as its details are kept by. */
export const placeKey = ({ run, seq, fork }: Pick<Point, "run" | "seq" | "fork">): string =>
  `${detailKey(run, seq)} ${fork ?? ""}`;

export interface Lane {
  run: Run;
  depth: number;
  /** Index of its first own step on the slider, counted as in `pathOf`. */
  offset: number;
  /** How many forks of a grid it stands for; missing where it is a run. */
  forks?: number;
  /** How many of these failed. */
  failed?: number;
}

const byId = (runs: Run[]): Map<string, Run> => new Map(runs.map((run) => [run.id, run]));

/** The run's ancestors from the eldest, and itself. */
function lineOf(runs: Map<string, Run>, id: string): Run[] {
  const line: Run[] = [];
  for (let run = runs.get(id); run && !line.includes(run); run = runs.get(run.parent ?? ""))
    line.unshift(run);
  return line;
}

/** The run's own steps as far as its child, if it has one in this line, goes on from them. */
function ownPoints(run: Run, child: Run | undefined): Point[] {
  const end = child ? (child.forkedAt ?? -1) : Number.POSITIVE_INFINITY;
  const steps = run.steps.filter((step) => step.seq <= end);
  const last = steps.length - 1;
  return steps.map((step, i) => ({
    run: run.id,
    seq: step.seq,
    step,
    fork: child && i === last && step.seq === end ? child.id : null,
  }));
}

/** Every place of the slider for one run: the initial state, then each step up to its head. */
export function pathOf(overview: Overview, id: string = overview.run): Point[] {
  const line = lineOf(byId(overview.runs), id);
  const fork = line[1]?.forkedAt === null ? line[1].id : null;
  const start: Point = { run: line[0]?.id ?? id, seq: null, step: null, fork };
  return [start, ...line.flatMap((run, i) => ownPoints(run, line[i + 1]))];
}

/** How many of a run's own steps lie before the place where another leaves it. */
function stepsBefore(run: Run, forkedAt: number | null): number {
  const first = run.steps[0]?.seq ?? 0;
  return Math.max(0, Math.min(run.steps.length, (forkedAt ?? -1) - first + 1));
}

/** The lanes in the order given, parents before children, each at the place where it leaves its parent. */
export function lanesOf(overview: Overview): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const run of overview.runs) {
    const parent = lanes.get(run.parent ?? "");
    lanes.set(run.id, {
      run,
      depth: parent ? parent.depth + 1 : 0,
      offset: parent ? parent.offset + stepsBefore(parent.run, run.forkedAt) : 1,
    });
  }
  return [...lanes.values()];
}

const GRID = /^(.+)\.\d+$/;

/** The lanes with one more above each grid of forks, whose forks hang on that. */
export function withGrids(lanes: Lane[]): Lane[] {
  const grids = new Map<string, Lane[]>();
  const nameOf = ({ run }: Lane): string | undefined => GRID.exec(run.label)?.[1];
  const keyOf = (lane: Lane): string => `${lane.run.parent}/${nameOf(lane)}`;
  for (const lane of lanes)
    if (nameOf(lane)) grids.set(keyOf(lane), [...(grids.get(keyOf(lane)) ?? []), lane]);
  return lanes.flatMap((lane) => {
    const grid = grids.get(keyOf(lane));
    if (!grid || grid.length < 2) return [lane];
    const fork = { ...lane, depth: lane.depth + 1, run: { ...lane.run, parent: keyOf(lane) } };
    if (grid[0] !== lane) return [fork];
    const failed = grid.filter(({ run }) => run.status === "failed");
    const run = { ...(failed[0] ?? lane).run, id: keyOf(lane), label: nameOf(lane) ?? "" };
    return [{ ...lane, run, forks: grid.length, failed: failed.length }, fork];
  });
}

/** The lanes that are not under a folded one. */
export function unfolded(lanes: Lane[], folded: ReadonlySet<string>): Lane[] {
  const hidden = new Set<string>();
  return lanes.filter(({ run }) => {
    const under = run.parent !== null && (folded.has(run.parent) || hidden.has(run.parent));
    if (under) hidden.add(run.id);
    return !under;
  });
}

/** What lies before a step, at no cost that grows with how much that is. */
function before<Place extends { seq: number | null }>(places: Place[], { seq }: Step): Place[] {
  return places.slice(0, places.findLastIndex((place) => (place.seq ?? -1) < seq) + 1);
}

/** The steps after those of a message, which tells all from its first on. */
const mergedSteps = (old: Step[], fresh: Step[]): Step[] =>
  fresh[0] ? before(old, fresh[0]).concat(fresh) : old;

/** The places after a message of progress: as `pathOf` finds them, where only the run in view has grown. */
export function grown(points: Point[], inView: string, { run }: Progress): Point[] {
  const [first] = run.steps;
  if (!first || run.id !== inView) return points;
  return before(points, first).concat(ownPoints(run, undefined));
}

/** The overview after a message of progress, which tells only what changed. */
export function advanced(overview: Overview, progress: Progress): Overview {
  const known = overview.runs.find((run) => run.id === progress.run.id);
  const run = { ...progress.run, steps: mergedSteps(known?.steps ?? [], progress.run.steps) };
  const runs = known ? overview.runs.map((old) => (old === known ? run : old)) : [...overview.runs, run];
  const inView = run.id === overview.run;
  const { totals, inputs } = inView ? progress : overview;
  return { ...overview, runs, totals, inputs, n: progress.n };
}

/** Whether messages were missed, so that the overview must be asked for. */
export function misses(overview: Overview, progress: Progress): boolean {
  return (progress.first ?? progress.n) > overview.n + 1;
}
