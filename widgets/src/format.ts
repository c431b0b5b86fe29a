/** Numbers and names as a person reads them. */
import type { Run, Step } from "./model.ts";
import type { Status, ValueWire } from "./wire.ts";

const grouped = new Intl.NumberFormat("en-US");

export const count = (n: number): string => grouped.format(n);

export const counted = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;

/** A duration in milliseconds, with the unit that fits. */
export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

const UNITS: [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

/** How long ago a Unix time in seconds was. */
export function ago(at: number, now: number = Date.now() / 1000): string {
  const seconds = Math.max(0, now - at);
  const unit = UNITS.find(([size]) => seconds >= size);
  return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]} ago` : "just now";
}

/** US dollars, exact enough for the price of one call. */
export function dollars(cost: number | null): string {
  if (cost === null) return "price unknown";
  if (cost === 0) return "$0";
  if (cost < 0.0001) return "< $0.0001";
  return `$${cost.toFixed(cost < 0.01 ? 4 : cost < 1 ? 3 : 2)}`;
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  if (size < 1024 ** 2) return `${(size / 1024).toFixed(1)} KB`;
  return `${(size / 1024 ** 2).toFixed(1)} MB`;
}

/** The action that runs, or comes next. */
function nowIn({ steps, next }: Run): string | null {
  const last = steps.at(-1);
  return last?.status === "running" ? last.action : next;
}

/** How a run ends that did not come to its end. */
export const BROKEN = new Set<Status>(["failed", "interrupted"]);

/** What a run does now, in a few words. */
export function runSentence(run: Run): string {
  const last = run.steps.at(-1)?.action;
  if (run.status === "running") return ["running", nowIn(run)].join(" ").trim();
  if (BROKEN.has(run.status)) return `${run.status} at ${last ?? run.next ?? "start"}`;
  if (run.next === null) return "finished";
  return run.status === "new" ? "not started" : "halted";
}

/** What became of a step. */
export const became = ({ served, status }: Pick<Step, "served" | "status">): string =>
  served ? "served, not fired" : status;

/** The slider's value as a screen reader says it. */
export function placeText(step: Step | null, last: number | null): string {
  if (!step) return last === null ? "initial state" : `initial state, before step 0 of ${last}`;
  const hand = step.edited ? ", state edited by hand after it" : "";
  return `step ${step.seq} of ${last ?? step.seq}: ${step.action}, ${became(step)}${hand}`;
}

/** A short description of a value, for a line that is folded. */
export function summary(value: ValueWire): string {
  if (value === null) return "None";
  if (typeof value === "string") return counted(value.length, "character");
  if (typeof value !== "object") return String(value);
  switch (value.t) {
    case "dict":
      return `${value.type ? `${value.type}, ` : ""}${counted(value.size, value.type ? "field" : "key")}`;
    case "list":
      return `${value.type} of ${count(value.size)}`;
    case "text":
      return counted(value.size, "character");
    case "image":
      return `${value.mime}, ${bytes(value.size)}`;
    default:
      return value.type;
  }
}

/** Where a text begins and ends to differ from another, at whole words. */
export function changed(text: string, other: string): [number, number] {
  const most = Math.min(text.length, other.length);
  let from = 0;
  while (from < most && text[from] === other[from]) from += 1;
  let same = 0;
  while (same < most - from && text.at(-1 - same) === other.at(-1 - same)) same += 1;
  return [text.lastIndexOf(" ", from) + 1, `${text} `.indexOf(" ", text.length - same)];
}
