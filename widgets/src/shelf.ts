/** What was asked for and is kept, the latest of it. */
import type { Reply } from "./model.ts";
import type { Source } from "./source.ts";
import type { Point } from "./timeline.ts";

export class Shelf<Kept> extends Map<string, Kept> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  keep(key: string, kept: Kept): void {
    this.delete(key);
    this.set(key, kept);
    const eldest = this.keys().next().value;
    if (this.size > this.#most && eldest !== undefined) this.delete(eldest);
  }
}

/** A step's detail; where a fork starts from it, with the state that the fork starts with. */
export async function detailOf(source: Source, { run, seq, fork }: Point, whole = false): Promise<Reply> {
  const more = whole ? { whole } : {};
  const reply = await source.request({ do: "detail", run, seq, ...more });
  if (fork === null || !reply.detail) return reply;
  const start = await source.request({ do: "detail", run: fork, seq: null, ...more });
  if (!start.detail) return reply;
  const { state, next } = start.detail;
  return { ...reply, detail: { ...reply.detail, state, next } };
}
