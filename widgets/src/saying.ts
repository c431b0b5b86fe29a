/** What the status line says of a command, or of a run that comes to rest. */
import { runSentence } from "./format.ts";
import type { Overview, Reply, Run } from "./model.ts";
import type { Ask } from "./wire.ts";

export const runIn = (overview: Overview): Run | undefined =>
  overview.runs.find((run) => run.id === overview.run);

const sentenceOf = (run: Run): string => `${run.label} ${runSentence(run)}`;

const RUNS = new Set<Ask["do"]>(["run", "step", "retry", "rerun"]);

/**
 * What came of a command. One that says it runs may have come to rest before its answer came;
 * `told` is the number of the last message when it was given.
 */
export function saidOf(ask: Ask, reply: Reply, overview: Overview, told: number): string {
  const run = runIn(overview);
  const moved = RUNS.has(ask.do) && !reply.error && overview.n > told;
  if (!moved || !run || run.status === "running") return reply.said ?? "";
  return sentenceOf(run);
}

/** What is said when the run in view comes to rest, if it just has. */
export function restedSaying(before: Overview, now: Overview): string | null {
  const run = runIn(now);
  if (!run || run.status === "running" || runIn(before)?.status !== "running") return null;
  return sentenceOf(run);
}
