/** What Python and the page say to each other. */
import type { GraphWire } from "./graph.ts";
import type { BlameWire, PriceWire } from "./past.ts";
import type { RunLine, RunWire, StepsWire, Totals } from "./runs.ts";
import type { Detail, DiffWire, InputWire, ValueWire } from "./step.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface OverviewWire {
  version: 2;
  project: string;
  run: string;
  runs: RunWire[];
  graph: GraphWire;
  totals: Totals;
  inputs: InputWire[];
  n: number;
}

export interface ProgressWire {
  event: "progress";
  n: number;
  /** The first number that this message stands for, where several were sent as one. */
  first?: number;
  run: RunWire;
  totals: Totals;
  inputs: InputWire[];
  detail: Detail | null;
  text: string;
}

/** Where one looks; both sides hold it. `n` numbers the places that the kernel sets by itself. */
export interface Place {
  run: string;
  seq: number | null;
  follows: boolean;
  n: number;
}

/** What a run hears while it goes on. */
export type Act = "pause" | "resume" | "step" | "stop";

/** How one chats with the agent. */
export interface ChatWire {
  /** What a message is given as. */
  input: string;
  /** The key that holds what was said; null for the first that looks like it. */
  output: string | null;
}

/** How the run in view is held. */
export interface ControlWire {
  mode: "rest" | "running" | "paused" | "stopping";
  /** The action before which the run is held, or before which a breakpoint halted it. */
  at: string | null;
  /** Whether it runs beside the cells, where an interrupt of the kernel does not reach it. */
  beside: boolean;
  /** The conditions by action; empty where a breakpoint always holds. */
  breakpoints: Record<string, string>;
  maxCalls: number | null;
  maxCost: number | null;
  /** Why the last command ended, where no step says so. */
  trouble: string;
  /** Where the last command ended as it had made its most steps; empty where it did not. */
  halted: string;
  /** Whether it would go on with leave to fire again what cannot be taken back. */
  allow: boolean;
  /** Null where no action takes an input. */
  chat: ChatWire | null;
}

/** What the page asks, still without the `id` by which its answer is found. */
export type Ask =
  | { do: "overview" | "runs" | "export" }
  | { do: "detail"; run: string; seq: number | null; whole?: boolean }
  | { do: "value"; run: string; seq: number | null; path: number[]; start: number }
  | { do: "image"; run: string; seq: number | null; image: string }
  | { do: "compare"; run: string; other: string }
  | { do: "fork"; run: string; seq: number | null; edits: Record<string, Json> }
  | { do: "blame"; run: string; seq: number | null; path: number[] }
  /** With `seq` of running that step again, else of a retry. */
  | { do: "price"; run: string; seq?: number | null }
  /** `allow` goes on with what was refused, as it had fired again what cannot be taken back. */
  | { do: "retry" | "allow"; run: string }
  | { do: "rerun"; run: string; seq: number | null; fresh: boolean }
  /** With `seq` where one looks at the past: then a fork from there runs. */
  | { do: "run" | "step"; run: string; seq?: number | null; inputs: Record<string, Json> }
  | { do: "control"; run: string; act: Act }
  /** A breakpoint with its condition; null takes it away. */
  | { do: "break"; action: string; condition: string | null }
  | { do: "limit"; maxCalls: number | null; maxCost: number | null }
  | { do: "switch"; run: string };

/** Two runs side by side: where they part, and the steps of each from shortly before. */
export interface ComparisonWire {
  run: string;
  other: string;
  said: string;
  at: number | null;
  here: StepsWire;
  there: StepsWire;
  diff: DiffWire[];
}

export interface ReplyWire {
  id: number;
  overview?: OverviewWire;
  detail?: Detail;
  value?: ValueWire;
  runs?: RunLine[];
  comparison?: ComparisonWire;
  blame?: BlameWire;
  price?: PriceWire;
  said?: string;
  error?: string;
}

export interface PageWire {
  overview: OverviewWire;
  details: Record<string, Detail>;
  note: string;
}
