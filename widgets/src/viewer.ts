/** What one looks at: the overview, the place on the slider and its detail, kept up with the source. */
import { restSentence } from "./format.ts";
import type { Source } from "./source.ts";
import { advanced, misses, type Point, pathOf, placeKey } from "./timeline.ts";
import type { Ask, Detail, Json, Overview, Progress, Reply, RunWire } from "./wire.ts";

export interface Looks {
  overview: Overview;
  /** The slider's places; `points[at]` is the one in view. */
  points: Point[];
  at: number;
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
  queued: boolean;
}

const runIn = (overview: Overview): RunWire | undefined =>
  overview.runs.find((run) => run.id === overview.run);

const KEPT = 64;
const PATIENCE_MS = 300;
const QUEUED = "queued until the cell ends";

export class Viewer {
  readonly source: Source;
  looks: Looks;
  readonly #listeners = new Set<() => void>();
  readonly #details = new Map<string, Detail>();
  #wanted: string | null = null;
  #asking = false;
  /** Number of the last message when the last command was given. */
  #told = 0;
  #closed = false;
  readonly #unsubscribe: () => void;

  constructor(source: Source, overview: Overview) {
    this.source = source;
    const points = pathOf(overview);
    this.looks = {
      overview,
      points,
      at: points.length - 1,
      following: true,
      detail: null,
      shown: "",
      text: "",
      said: "",
      error: "",
      waiting: null,
      queued: false,
    };
    this.#unsubscribe = source.subscribe((progress) => this.#advance(progress));
    this.#want();
  }

  /** Calls back after each change; returns the way to stop it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#listeners.clear();
  }

  get point(): Point {
    const { points, at } = this.looks;
    return points[at] ?? { run: this.looks.overview.run, seq: null, step: null, fork: null };
  }

  /** Looks at a place of the slider; the last one is where the view follows the run. */
  move(at: number): void {
    const last = this.looks.points.length - 1;
    const to = Math.max(0, Math.min(at, last));
    this.#change({ at: to, following: to === last, error: "" });
    this.#want();
  }

  /** Goes to the head of the run, and on with it. */
  follow(): void {
    if (!this.looks.following) this.move(this.looks.points.length - 1);
  }

  /** Looks at the step of this number, if the run in view has it. */
  moveToSeq(seq: number | null): void {
    const at = this.looks.points.findIndex((point) => point.seq === seq);
    if (at >= 0 && at !== this.looks.at) this.move(at);
  }

  /** Takes a newer overview, such as one that the kernel sent by itself. */
  show(overview: Overview): void {
    const { run } = this.looks.overview;
    const points = pathOf(overview);
    const following = this.looks.following || overview.run !== run;
    const last = points.length - 1;
    const at = following ? last : Math.min(this.looks.at, last);
    this.#details.clear();
    this.#change({ overview, points, at, following: at === last });
    this.#want();
  }

  /** Takes an overview unless it is older than what is shown. */
  showNewer(overview: Overview): void {
    if (overview.n >= this.looks.overview.n) this.show(overview);
  }

  refresh(): Promise<void> {
    return this.#answer({ do: "overview" });
  }

  switchTo(run: string): Promise<void> {
    return this.#command({ do: "switch", run });
  }

  fork(edits: Record<string, Json>): Promise<void> {
    const { run, seq } = this.point;
    return this.#command({ do: "fork", run, seq, edits });
  }

  retry(): Promise<void> {
    return this.#command({ do: "retry", run: this.looks.overview.run });
  }

  run(how: "run" | "step", inputs: Record<string, Json>): Promise<void> {
    const { overview, at, points } = this.looks;
    const past = at < points.length - 1 ? { seq: this.point.seq } : {};
    return this.#command({ do: how, run: overview.run, ...past, inputs });
  }

  /** Sends a command and says after a moment that it waits, if it does. */
  async #command(ask: Ask): Promise<void> {
    this.#told = this.looks.overview.n;
    this.#change({ waiting: ask.do, queued: false, said: "", error: "" });
    const timer = setTimeout(() => this.#change({ queued: true, said: QUEUED }), PATIENCE_MS);
    await this.#answer(ask);
    clearTimeout(timer);
    const said = this.looks.said === QUEUED ? "" : this.looks.said;
    this.#change({ waiting: null, queued: false, said });
  }

  async #answer(ask: Ask): Promise<void> {
    const reply = await this.source.request(ask);
    if (this.#closed) return;
    const { overview } = this.looks;
    const old = reply.overview && reply.overview.run === overview.run && reply.overview.n < overview.n;
    if (reply.overview && !old) this.show(reply.overview);
    if (ask.do !== "overview") this.#change({ said: this.#said(ask, reply), error: reply.error ?? "" });
  }

  /** What came of a command. One that says it runs may have come to rest before its answer came. */
  #said(ask: Ask, reply: Reply): string {
    const run = runIn(this.looks.overview);
    const ran = ask.do === "run" || ask.do === "step" || ask.do === "retry";
    const moved = ran && !reply.error && this.looks.overview.n > this.#told;
    if (!moved || !run || run.status === "running") return reply.said ?? "";
    return restSentence(run, this.looks.overview.runs);
  }

  #advance(progress: Progress): void {
    const { overview, following, at } = this.looks;
    if (progress.n <= overview.n) return;
    const next = advanced(overview, progress);
    const points = pathOf(next);
    for (const step of progress.run.steps) this.#details.delete(placeKey({ ...step, fork: null }));
    if (progress.detail) this.#keep(placeKey({ ...progress.detail, fork: null }), progress.detail);
    const place = following ? points.length - 1 : Math.min(at, points.length - 1);
    const said = this.#rested(next) ?? this.looks.said;
    this.#change({ overview: next, points, at: place, text: progress.text, said });
    if (misses(overview, progress)) void this.refresh();
    this.#want();
  }

  /** What is said when the run in view comes to rest, if it just has. */
  #rested(next: Overview): string | null {
    const now = runIn(next);
    if (!now || now.status === "running" || runIn(this.looks.overview)?.status !== "running") return null;
    return restSentence(now, next.runs);
  }

  /** Shows the detail of the place in view, from what is kept or from the source. */
  #want(): void {
    const key = placeKey(this.point);
    const kept = this.#details.get(key);
    this.#wanted = kept ? null : key;
    if (!kept) void this.#ask();
    else if (kept !== this.looks.detail) this.#change({ detail: kept, shown: key });
  }

  /** Asks for one detail at a time, and when it has come for the one then in view. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const point = this.point;
    const reply = await this.#detailOf(point);
    this.#asking = false;
    if (!this.#closed) this.#arrived(placeKey(point), reply);
  }

  /** A step's detail; where a fork starts from it, with the state that the fork starts with. */
  async #detailOf({ run, seq, fork }: Point): Promise<Reply> {
    const reply = await this.source.request({ do: "detail", run, seq });
    if (fork === null || !reply.detail) return reply;
    const start = await this.source.request({ do: "detail", run: fork, seq: null });
    if (!start.detail) return reply;
    const { state, next } = start.detail;
    return { ...reply, detail: { ...reply.detail, state, next } };
  }

  #arrived(key: string, reply: Reply): void {
    if (reply.detail) this.#keep(key, reply.detail);
    if (this.#wanted === null) return;
    if (this.#wanted !== key) void this.#ask();
    else {
      this.#wanted = null;
      this.#change({ detail: reply.detail ?? null, shown: key, error: reply.error ?? this.looks.error });
    }
  }

  #keep(key: string, detail: Detail): void {
    this.#details.delete(key);
    this.#details.set(key, detail);
    const eldest = this.#details.keys().next().value;
    if (this.#details.size > KEPT && eldest !== undefined) this.#details.delete(eldest);
  }

  #change(change: Partial<Looks>): void {
    if (this.#closed) return;
    this.looks = { ...this.looks, ...change };
    for (const listener of this.#listeners) listener();
  }
}
