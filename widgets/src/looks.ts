/** What the panel shows of a run at one moment. */
import type { Comparison, Overview } from "./model.ts";
import { type Point, pathOf } from "./timeline.ts";
import type { Act, Ask, BlameWire, ControlWire, Detail, RunLine } from "./wire.ts";

export interface Looks {
  overview: Overview;
  /** The slider's places; `points[at]` is the one in view. */
  points: Point[];
  at: number;
  /** What the strip and the lanes are drawn from: of a run that goes on it is a few times a second as it is. */
  drawn: { overview: Overview; points: Point[] };
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
  /** How the run is held. */
  control: ControlWire;
  /** What the run was told to do and has not heard yet. */
  asked: Act | null;
  /** Whether that waits for the end of a cell. */
  held: boolean;
  /** The project's runs, once they were asked for. */
  lines: RunLine[] | null;
  /** Who wrote the value that was asked about. */
  blame: BlameWire | null;
  /** The run in view beside another. */
  comparison: Comparison | null;
}

/** A run that nobody holds. */
export const FREE: ControlWire = {
  mode: "rest",
  at: null,
  beside: false,
  breakpoints: {},
  maxCalls: null,
  maxCost: null,
  trouble: "",
  halted: "",
  allow: false,
  chat: null,
};

/** An overview as one looks at it first: at its head, and going on with it. */
export function looksAt(overview: Overview): Looks {
  const points = pathOf(overview);
  return {
    overview,
    points,
    at: points.length - 1,
    drawn: { overview, points },
    following: true,
    detail: null,
    shown: "",
    text: "",
    said: "",
    error: "",
    waiting: null,
    control: FREE,
    asked: null,
    held: false,
    lines: null,
    blame: null,
    comparison: null,
  };
}
