/** Where the panel's data comes from: a kernel, or what a page carries. */
import { type Overview, overviewOf, type Progress, progressOf, type Reply, replyOf } from "./model.ts";
import type { Ask, Channel, Kernel, PageWire, ProgressWire, ReplyWire } from "./wire.ts";

export interface Source {
  /** Whether there is a kernel behind it that takes commands. */
  readonly live: boolean;
  /** What an exported page says about itself. */
  readonly note: string;
  /** Whether its kernel knows nothing of it any more. */
  readonly gone?: boolean;
  request(ask: Ask): Promise<Reply>;
  /** Hears of a run that goes on; returns the way to stop it. */
  subscribe(listener: (progress: Progress) => void): () => void;
  /** Interrupts the kernel, as its own stop button does, where the host has a way to it. */
  interrupt(): Promise<void>;
  close(): void;
}

let lastId = Math.floor(Math.random() * 2 ** 31) * 1024;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** How long, in seconds, an answer of an idle kernel may be due. */
const IDLE_S = 3;
export const GONE = "the kernel was restarted: run the cells again, then %agent resume";

/** Talks to the kernel: one message a request, answers found by their `id`.

What an idle kernel leaves without an answer is asked of one that knows nothing of it any more,
and so is what cannot be sent. Of a kernel whose status is not told, nothing follows from silence.
*/
export class LiveSource implements Source {
  readonly live = true;
  readonly note = "";
  gone = false;
  readonly #channel: Channel;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly #listeners = new Set<(progress: Progress) => void>();

  readonly #kernel: () => Kernel | null;
  #clock: ReturnType<typeof setInterval> | undefined;
  #idle = 0;

  constructor(channel: Channel, kernel: () => Kernel | null = () => null) {
    this.#channel = channel;
    this.#kernel = kernel;
    channel.on("msg:custom", this.#receive);
  }

  request(ask: Ask): Promise<Reply> {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#idle = 0;
      this.#clock ??= setInterval(() => this.#wait(), 1000);
      try {
        this.#channel.send({ ...ask, id });
      } catch {
        this.#end();
      }
    });
  }

  /** Each second: ends what an idle kernel does not know of. */
  #wait(): void {
    const status = this.#kernel()?.status;
    this.#idle = status === "idle" || status === "dead" ? this.#idle + 1 : 0;
    if (this.#idle >= IDLE_S) this.#end();
  }

  /** Answers what nobody is going to answer any more. */
  #end(): void {
    const waiting = [...this.#waiting];
    this.gone = true;
    this.#rest();
    for (const [id, answer] of waiting) answer({ id, error: GONE });
  }

  #rest(): void {
    clearInterval(this.#clock);
    this.#clock = undefined;
    this.#waiting.clear();
  }

  subscribe(listener: (progress: Progress) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async interrupt(): Promise<void> {
    try {
      await this.#kernel()?.interrupt?.();
    } catch {
      // the run hears of it by a message as well
    }
  }

  close(): void {
    this.#channel.off("msg:custom", this.#receive);
    this.#rest();
    this.#listeners.clear();
  }

  readonly #receive = (message: unknown, buffers?: DataView[]): void => {
    if (!isRecord(message)) return;
    this.#idle = 0;
    this.gone = false;
    if (message.event === "progress") {
      const progress = progressOf(message as unknown as ProgressWire);
      for (const listener of this.#listeners) listener(progress);
      return;
    }
    const id = message.id as number;
    const reply = replyOf(message as unknown as ReplyWire);
    if (buffers?.[0]) reply.bytes = buffers[0];
    this.#waiting.get(id)?.(reply);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#rest();
  };
}

export const detailKey = (run: string, seq: number | null): string => `${run}@${seq ?? "start"}`;

/** Answers from a page's own data and has no commands. */
export class StoredSource implements Source {
  readonly live = false;
  readonly note: string;
  readonly #overview: Overview;
  readonly #page: PageWire;

  constructor(page: PageWire) {
    this.#page = page;
    this.#overview = overviewOf(page.overview);
    this.note = page.note;
  }

  async request(ask: Ask): Promise<Reply> {
    if (ask.do === "overview") return { id: 0, overview: this.#overview };
    if (ask.do === "switch") return { id: 0, overview: { ...this.#overview, run: ask.run } };
    if (ask.do === "detail") return this.#detail(ask.run, ask.seq);
    return { id: 0, error: "This page has no kernel: open the notebook to run the agent." };
  }

  subscribe(): () => void {
    return () => {};
  }

  async interrupt(): Promise<void> {}

  close(): void {}

  #detail(run: string, seq: number | null): Reply {
    const detail = this.#page.details[detailKey(run, seq)];
    return detail ? { id: 0, detail } : { id: 0, error: "This step's details are not part of this page." };
  }
}
