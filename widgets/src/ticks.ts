/** The marks of steps on the slider and in the lanes. */
import { became, duration } from "./format.ts";
import type { Step } from "./model.ts";
import type { Hues } from "./views/hues.ts";

const MOST_TICKS = 240;
/** Of more places none has room for the name of its action. */
export const MOST_NAMED = 48;

export interface Tick {
  /** The step that it stands for; of several the gravest. */
  step: Step;
  /** What was done in it; empty where that is not one action. */
  action: string;
  from: number;
  width: number;
}

const weight = (step: Step): number =>
  ["completed", "new", "interrupted", "running", "failed"].indexOf(step.status);

const heavier = (a: Step, b: Step): Step => (weight(b) >= weight(a) ? b : a);

const ROOM = 6;

/** Cells with room for more of a run that grows: what is drawn stays in its place for a while. */
export function withRoom(cells: number): number {
  const part = 2 ** Math.max(0, Math.floor(Math.log2(cells / ROOM)));
  return part === 1 ? cells : Math.ceil(cells / part) * part;
}

/** A tick for each step, or for so many steps that they stay visible; a failed one is never hidden. */
export function ticksOf(steps: (Step | null)[], offset: number, cells: number): Tick[] {
  const width = Math.ceil(cells / MOST_TICKS);
  const ticks: Tick[] = [];
  for (let i = 0; i < steps.length; i += width) {
    const group = steps.slice(i, i + width).filter((step) => step !== null);
    const [first] = group;
    if (!first) continue;
    const action = group.every((step) => step.action === first.action) ? first.action : "";
    ticks.push({ step: group.reduce(heavier), action, from: offset + i, width });
  }
  return ticks;
}

export const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(4)}%`;

export const tickClass = ({ step, action }: Tick, hues: Hues): string =>
  `${hues(action)} na-is-${step.status} ${step.stale ? "na-stale" : ""} ${step.edited ? "na-hand" : ""} ${step.served ? "na-served" : ""}`;

export const tickTitle = (step: Step): string =>
  [
    `step ${step.seq}: ${step.action}`,
    became(step),
    step.ms !== null && duration(step.ms),
    step.stale && "older code",
    step.edited && "state edited by hand after it",
  ]
    .filter(Boolean)
    .join(", ");
