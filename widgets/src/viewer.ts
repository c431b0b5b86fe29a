/** What one looks at: the overview, the place on the slider and its detail, kept up with the source. */
import { restSentence } from "./format.ts";
import { type Looks, looksAt } from "./looks.ts";
import type { Overview, Progress, Reply, Run } from "./model.ts";
import { Pictures } from "./pictures.ts";
import type { Source } from "./source.ts";
import { advanced, misses, type Point, pathOf, placeKey } from "./timeline.ts";
import type { Act, Ask, ControlWire, Detail, Json, ValueWire } from "./wire.ts";

const runIn = (overview: Overview): Run | undefined => overview.runs.find((run) => run.id === overview.run);

const KEPT = 64;
/** How long the slider rests before its neighbours are asked for. */
const REST_MS = 60;
const PATIENCE_MS = 300;
const QUEUED = "queued until the cell ends";

export class Viewer {
  readonly source: Source;
  looks: Looks;
  readonly #listeners = new Set<() => void>();
  readonly #details = new Map<string, Detail>();
  readonly #pictures: Pictures;
  #wanted: string | null = null;
  #asking = false;
  /** Which way the slider was moved last. */
  #way = -1;
  #ahead: ReturnType<typeof setTimeout> | undefined;
  /** Number of the last message when the last command was given. */
  #told = 0;
  #closed = false;
  readonly #unsubscribe: () => void;

  constructor(source: Source, overview: Overview) {
    this.source = source;
    this.#pictures = new Pictures(source);
    this.looks = looksAt(overview);
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
    clearTimeout(this.#ahead);
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
    this.#way = Math.sign(to - this.looks.at) || this.#way;
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

  retry(allow = false): Promise<void> {
    return this.#command({ do: "retry", run: this.looks.overview.run, ...(allow && { allow }) });
  }

  run(how: "run" | "step", inputs: Record<string, Json>, allow = false): Promise<void> {
    const { overview, at, points } = this.looks;
    const past = at < points.length - 1 ? { seq: this.point.seq } : {};
    return this.#command({ do: how, run: overview.run, ...past, inputs, ...(allow && { allow }) });
  }

  /** Takes in how the run is held. */
  hear(control: ControlWire): void {
    this.#change({ control });
  }

  /** Pauses, steps or stops the run that goes on; what blocks the kernel is interrupted. */
  async hold(act: Act): Promise<void> {
    this.#change({ asked: act, held: false, error: "" });
    const timer = setTimeout(() => this.#change({ held: true }), PATIENCE_MS);
    const { overview, control } = this.looks;
    if (act === "stop" && !control.beside) await this.source.interrupt();
    await this.#tell({ do: "control", run: overview.run, act });
    clearTimeout(timer);
    this.#change({ asked: null, held: false });
  }

  /** Sets a breakpoint before an action, or takes it away. */
  breakAt(action: string, condition: string | null): Promise<void> {
    return this.#tell({ do: "break", action, condition });
  }

  /** Limits what a command may spend. */
  limit(maxCalls: number | null, maxCost: number | null): Promise<void> {
    return this.#tell({ do: "limit", maxCalls, maxCost });
  }

  async #tell(ask: Ask): Promise<void> {
    const { error = "" } = await this.source.request(ask);
    this.#change({ error });
  }

  /** Writes the run as a page. */
  exportPage(): Promise<void> {
    return this.#command({ do: "export" });
  }

  /** Asks for the project's runs. */
  async listRuns(): Promise<void> {
    const reply = await this.source.request({ do: "runs" });
    this.#change({ lines: reply.runs ?? [], error: reply.error ?? "" });
  }

  /** Puts the run in view beside another; null puts that away. */
  async compare(other: string | null): Promise<void> {
    this.#change({ comparison: null });
    if (other === null) return;
    const reply = await this.source.request({ do: "compare", run: this.looks.overview.run, other });
    this.#change({ comparison: reply.comparison ?? null, error: reply.error ?? "" });
  }

  /** A part of the state in view that is too large to come with it. */
  async page(path: number[], start: number): Promise<ValueWire | undefined> {
    const { run, seq } = this.point;
    const reply = await this.source.request({ do: "value", run, seq, path, start });
    if (reply.error) this.#change({ error: reply.error });
    return reply.value;
  }

  /** Asks for what the detail in view left out. */
  async whole(): Promise<void> {
    const point = this.point;
    const reply = await this.#detailOf(point, true);
    if (!this.#closed) this.#take(placeKey(point), reply);
  }

  /** An image of the step in view, as the address of its data. */
  image(id: string, mime: string): Promise<string> {
    const { run, seq } = this.point;
    return this.#pictures.address({ do: "image", run, seq, image: id }, mime);
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
    if (progress.detail || !following || progress.run.status !== "running") this.#want();
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
    else {
      if (kept !== this.looks.detail) this.#change({ detail: kept, shown: key });
      this.#lookAhead();
    }
  }

  /** Asks for one detail at a time, and when it has come for the one then in view. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#ahead);
    const point = this.point;
    const reply = await this.#detailOf(point);
    this.#asking = false;
    if (!this.#closed) this.#arrived(placeKey(point), reply);
  }

  /** Asks for the places beside the one in view, once that is shown and nothing moves. */
  #lookAhead(): void {
    clearTimeout(this.#ahead);
    if (!this.source.live || this.looks.waiting) return;
    this.#ahead = setTimeout(() => void this.#fetchNext(), REST_MS);
  }

  async #fetchNext(): Promise<void> {
    const { points, at, overview } = this.looks;
    const beside = [points[at + this.#way], points[at - this.#way]];
    const point = beside.find((one) => one && !this.#details.has(placeKey(one)));
    if (!point || this.#asking || runIn(overview)?.status === "running") return;
    this.#asking = true;
    const reply = await this.#detailOf(point);
    this.#asking = false;
    if (this.#closed) return;
    if (reply.detail) this.#keep(placeKey(point), reply.detail);
    if (this.#wanted !== null) void this.#ask();
    else if (reply.detail) this.#lookAhead();
  }

  /** A step's detail; where a fork starts from it, with the state that the fork starts with. */
  async #detailOf({ run, seq, fork }: Point, whole = false): Promise<Reply> {
    const more = whole ? { whole } : {};
    const reply = await this.source.request({ do: "detail", run, seq, ...more });
    if (fork === null || !reply.detail) return reply;
    const start = await this.source.request({ do: "detail", run: fork, seq: null, ...more });
    if (!start.detail) return reply;
    const { state, next } = start.detail;
    return { ...reply, detail: { ...reply.detail, state, next } };
  }

  #arrived(key: string, reply: Reply): void {
    if (this.#wanted === null) {
      if (reply.detail) this.#keep(key, reply.detail);
    } else if (this.#wanted === key) this.#take(key, reply);
    else {
      if (reply.detail) this.#keep(key, reply.detail);
      void this.#ask();
    }
  }

  /** Shows what was asked for, if one still looks there. */
  #take(key: string, reply: Reply): void {
    if (reply.detail) this.#keep(key, reply.detail);
    if (placeKey(this.point) !== key) return;
    this.#wanted = null;
    this.#change({ detail: reply.detail ?? null, shown: key, error: reply.error ?? this.looks.error });
    this.#lookAhead();
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
