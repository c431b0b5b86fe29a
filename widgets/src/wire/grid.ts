/** The grid of forks, on the wire. */

/** What became of a fork. */
export type Outcome = "completed" | "limited" | "failed" | "refused" | "interrupted" | "not begun";

export interface GridFork {
  n: number;
  run: string | null;
  outcome: Outcome;
  passed: boolean | null;
  why: string;
}

export interface GridWire {
  title: string;
  line: string;
  done: number;
  total: number;
  going: boolean;
  tried: string[];
  columns: string[];
  rows: { tried: string[]; forks: GridFork[]; told: string[] }[];
}

export interface GridTraits {
  grid: GridWire;
  said: string;
}

/** What of anywidget's model the grid uses. */
export interface GridModel {
  get<K extends keyof GridTraits>(name: K): GridTraits[K];
  send(content: GridAsk): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
  widget_manager?: { kernel?: { interrupt?: () => Promise<unknown> } | null };
}

/** What the grid asks. */
export type GridAsk = { stop: true } | { open: string | null };
