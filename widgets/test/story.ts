/** The wire fixtures that Python wrote, and a model and a source that tests can drive. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FREE } from "../src/looks.ts";
import { type Overview, overviewOf, type Progress, progressOf, type Reply } from "../src/model.ts";
import type { Source } from "../src/source.ts";
import type {
  Ask,
  ControlWire,
  Detail,
  Listener,
  Model,
  OverviewWire,
  PageWire,
  ProgressWire,
  Traits,
} from "../src/wire.ts";

const FIXTURES = join(import.meta.dirname, "..", "..", "tests", "fixtures", "wire");

const fixture = <T>(name: string): T => JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), "utf8")) as T;

export const overviewWire = (): OverviewWire => fixture<OverviewWire>("overview");
export const overview = (): Overview => overviewOf(overviewWire());
/** The fixture with its run as if the last step had gone well, and the next action taking a prompt. */
export function rested(): Overview {
  const made = overview();
  const run = made.runs[0];
  if (!run) throw new Error("the fixture has no run");
  Object.assign(run, { status: "completed", next: "prompt" });
  made.inputs = [
    { name: "prompt", required: true, type: "text" },
    { name: "tone", required: false, type: "any" },
  ];
  return made;
}

export const detail = (): Detail => fixture<Detail>("detail");
export const control = (): ControlWire => fixture<ControlWire>("control");
export const failed = (): Detail => fixture<Detail>("detail_failed");

/** A message that the first run goes on: its step 6 once more, as the fixture has it. */
export function progressWire(): ProgressWire {
  const made = fixture<ProgressWire>("progress");
  const run = overviewWire().runs[0];
  if (!run) throw new Error("the fixture has no run");
  const { first, names, action, source, status, ms } = run.steps;
  const i = 6 - first;
  const steps = {
    first: 6,
    names,
    action: action.slice(i, i + 1),
    source: source.slice(i, i + 1),
    status: status.slice(i, i + 1),
    ms: ms.slice(i, i + 1),
    stale: [],
  };
  return { ...made, n: 1, run: { ...run, status: "running", steps }, detail: null };
}

export const progress = (): Progress => progressOf(progressWire());

export const page = (): PageWire => fixture<PageWire>("page");
/** The page as it is kept in its file, each value once. */
export const pageRows = (): unknown => fixture<unknown>("page_rows");

/** A detail for any step of the fixture's runs. */
export const detailAt = (run: string, seq: number | null): Detail => ({
  ...(seq === 10 ? failed() : detail()),
  run,
  seq,
});

export const tick = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** anywidget's model, without a kernel: it keeps what is sent and says what it is told to. */
export class FakeModel implements Model {
  readonly sent: (Ask & { id: number })[] = [];
  readonly listeners = new Map<string, Set<Listener>>();
  saves = 0;
  readonly #traits: Traits;

  constructor(traits: Partial<Traits> = {}) {
    const shown = traits.overview ?? overviewWire();
    const place = { run: shown.run, seq: 10, follows: true, n: 0 };
    this.#traits = { overview: shown, place, control: FREE, part: "panel", ...traits };
  }

  get<K extends keyof Traits>(name: K): Traits[K] {
    return this.#traits[name];
  }

  set<K extends keyof Traits>(name: K, value: Traits[K]): void {
    if (this.#traits[name] === value) return;
    this.#traits[name] = value;
    this.emit(`change:${name}`);
  }

  save_changes(): void {
    this.saves += 1;
  }

  send(content: unknown): void {
    this.sent.push(content as Ask & { id: number });
  }

  on(event: string, listener: Listener): void {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(listener));
  }

  off(event: string, listener: Listener): void {
    this.listeners.get(event)?.delete(listener);
  }

  emit(event: string, message?: unknown): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(message);
  }

  get heard(): number {
    return [...this.listeners.values()].reduce((n, listeners) => n + listeners.size, 0);
  }
}

/** A source that keeps what is asked, answers details, and commands as told. */
export class FakeSource implements Source {
  readonly live = true;
  readonly note = "";
  readonly asked: Ask[] = [];
  interrupts = 0;
  replies: Partial<Record<Ask["do"], Omit<Reply, "id"> | Promise<Omit<Reply, "id">>>> = {};
  #listener: ((progress: Progress) => void) | null = null;

  async request(ask: Ask): Promise<Reply> {
    this.asked.push(ask);
    const told = await this.replies[ask.do];
    if (told) return { id: 0, ...told };
    return ask.do === "detail" ? { id: 0, detail: detailAt(ask.run, ask.seq) } : { id: 0 };
  }

  subscribe(listener: (progress: Progress) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = null;
    };
  }

  async interrupt(): Promise<void> {
    this.interrupts += 1;
  }

  close(): void {}

  say(progress: Progress): void {
    this.#listener?.(progress);
  }

  get subscribed(): boolean {
    return this.#listener !== null;
  }

  commands(): Ask[] {
    return this.asked.filter((ask) => ask.do !== "detail");
  }
}
