/** Answers about the past, on the wire: who wrote a value, and what running again takes. */
import type { CallWire } from "./step.ts";

/** Where a value came from: a step wrote it, it was edited by hand before the step, or it was there at the start. */
export interface OriginWire {
  path: string;
  kind: "step" | "edit" | "start";
  seq: number | null;
  action: string | null;
}

/** Who wrote a value. */
export interface BlameWire {
  origin: OriginWire;
  /** Of the action, as it was then. */
  source: string | null;
  calls: CallWire[];
  /** What the step had read, what the writers of that had read, and so on: the latest ones. */
  causes: OriginWire[];
  /** Says that earlier ones are left out. */
  left: string | null;
}

/** What a retry, or running a step again, takes. */
export interface PriceWire {
  said: string;
  /** LLM calls that may go live. */
  live: number;
  /** What it takes if the model is asked anew; null where it had not been asked. */
  fresh: string | null;
}
