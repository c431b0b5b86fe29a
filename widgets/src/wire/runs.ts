/** Runs and their steps, on the wire. */

export type Status = "new" | "running" | "completed" | "failed" | "interrupted";

/** Steps in a row, as columns of equal length; the i-th has the number `first + i`. */
export interface StepsWire {
  first: number;
  names: string[];
  /** The action of each, and the one before it whose edge was taken (-1 for none), as places in `names`. */
  action: number[];
  source: number[];
  /** A letter for each: c, f, i, r. */
  status: string;
  /** Of one that runs until the message was written; -1 while not known. */
  ms: number[];
  /** Which of them ran older code than the graph holds now. */
  stale: number[];
  /** After which of them the state was edited by hand; missing where that is not told. */
  edited?: number[];
  /** Which of them gave their record again, as their effect cannot be taken back. */
  served?: number[];
}

export interface RunWire {
  id: string;
  label: string;
  status: Status;
  head: number | null;
  next: string | null;
  parent: string | null;
  forkedAt: number | null;
  createdAt: number;
  steps: StepsWire;
}

/** A run of the project as the list of runs has it. */
export interface RunLine {
  id: string;
  label: string;
  status: Status;
  steps: number;
  action: string | null;
  parent: string | null;
  updatedAt: number;
  pinned: boolean;
}

export interface Totals {
  calls: number;
  replayed: number;
  tokens: number;
  cost: number | null;
}
