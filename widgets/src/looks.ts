/** What the panel shows of a run at one moment. */
import type { Comparison, Overview } from "./model.ts";
import { type Point, pathOf } from "./timeline.ts";
import type { Ask, Detail, RunLine } from "./wire.ts";

export interface Looks {
  overview: Overview;
  /** The slider's places; `points[at]` is the one in view. */
  points: Point[];
  at: number;
  /** Whether the view moves on with the run. */
  following: boolean;
  /** Of the place in view, or of the last one while the answer is on its way. */
  detail: Detail | null;
  /** Of which place `detail` is, by `placeKey`. */
  shown: string;
  /** Streamed text of the running step. */
  text: string;
  said: string;
  error: string;
  /** The command that has no answer yet. */
  waiting: Ask["do"] | null;
  queued: boolean;
  /** The project's runs, once they were asked for. */
  lines: RunLine[] | null;
  /** The run in view beside another. */
  comparison: Comparison | null;
}

/** An overview as one looks at it first: at its head, and going on with it. */
export function looksAt(overview: Overview): Looks {
  const points = pathOf(overview);
  return {
    overview,
    points,
    at: points.length - 1,
    following: true,
    detail: null,
    shown: "",
    text: "",
    said: "",
    error: "",
    waiting: null,
    queued: false,
    lines: null,
    comparison: null,
  };
}
