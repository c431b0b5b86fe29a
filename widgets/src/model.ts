/** What travelled as columns, as one object a step. */
import type {
  ComparisonWire,
  OverviewWire,
  ProgressWire,
  ReplyWire,
  RunWire,
  Status,
  StepsWire,
} from "./wire.ts";

/** One tick of the slider. */
export interface Step {
  /** The run that made it. */
  run: string;
  seq: number;
  action: string;
  /** The action before it, whose edge was taken. */
  source: string | null;
  status: Status;
  ms: number | null;
  /** It ran older code than the graph holds now. */
  stale: boolean;
  /** The state was edited by hand after it. */
  edited: boolean;
  /** It gave its record again, as its effect cannot be taken back. */
  served: boolean;
}

export type Run = Omit<RunWire, "steps"> & { steps: Step[] };
export type Overview = Omit<OverviewWire, "runs"> & { runs: Run[] };
export type Progress = Omit<ProgressWire, "run"> & { run: Run };
export type Comparison = Omit<ComparisonWire, "here" | "there"> & { here: Step[]; there: Step[] };
export type Reply = Omit<ReplyWire, "overview" | "comparison"> & {
  overview?: Overview;
  comparison?: Comparison;
  /** What came beside the message. */
  bytes?: DataView;
};

const STATUS: Record<string, Status> = { c: "completed", f: "failed", i: "interrupted", r: "running" };

const known = (ms: number | undefined): number | null => (ms === undefined || ms < 0 ? null : ms);

export function stepsOf(wire: StepsWire, run: string): Step[] {
  const stale = new Set(wire.stale);
  const edited = new Set(wire.edited);
  const served = new Set(wire.served);
  const name = (place: number | undefined): string | null => wire.names[place ?? -1] ?? null;
  return wire.action.map((action, i) => ({
    run,
    seq: wire.first + i,
    action: name(action) ?? "",
    source: name(wire.source[i]),
    status: STATUS[wire.status.charAt(i)] ?? "completed",
    ms: known(wire.ms[i]),
    stale: stale.has(i),
    edited: edited.has(i),
    served: served.has(i),
  }));
}

const runOf = (wire: RunWire): Run => ({ ...wire, steps: stepsOf(wire.steps, wire.id) });

export const overviewOf = (wire: OverviewWire): Overview => ({ ...wire, runs: wire.runs.map(runOf) });

export const progressOf = (wire: ProgressWire): Progress => ({ ...wire, run: runOf(wire.run) });

export function replyOf({ overview, comparison, ...rest }: ReplyWire): Reply {
  const reply: Reply = rest;
  if (overview) reply.overview = overviewOf(overview);
  if (comparison) {
    const { run, other, here, there } = comparison;
    reply.comparison = { ...comparison, here: stepsOf(here, run), there: stepsOf(there, other) };
  }
  return reply;
}
