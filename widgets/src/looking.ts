/** What one looks at: the overview, the place on the slider and its detail, kept up with the source. */
import { type Looks, looksAt } from "./looks.ts";
import type { Overview, Progress, Reply } from "./model.ts";
import { restedSaying, runIn } from "./saying.ts";
import { detailOf, Shelf } from "./shelf.ts";
import type { Source } from "./source.ts";
import { advanced, grown, misses, type Point, pathOf, placeKey } from "./timeline.ts";
import type { Detail } from "./wire.ts";

/** How long the slider rests before its neighbours are asked for. */
const REST_MS = 60;
/** How many details are kept. */
const KEPT = 64;

export class Looking {
  readonly source: Source;
  looks: Looks;
  readonly #listeners = new Set<() => void>();
  readonly #details = new Shelf<Detail>(KEPT);
  #wanted: string | null = null;
  #asking = false;
  /** Which way the slider was moved last. */
  #way = -1;
  #ahead: ReturnType<typeof setTimeout> | undefined;
  protected closed = false;
  readonly #unsubscribe: () => void;

  constructor(source: Source, overview: Overview) {
    this.source = source;
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
    this.closed = true;
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
    this.change({ at: to, following: to === last, error: "", blame: null });
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
    const blame = overview.run === run ? this.looks.blame : null;
    this.change({ overview, points, at, drawn: { overview, points }, following: at === last, blame });
    this.#want();
  }

  /** Takes an overview unless it is older than what is shown. */
  showNewer(overview: Overview): void {
    if (overview.n >= this.looks.overview.n) this.show(overview);
  }

  /** Takes the overview of a reply, unless a newer one is shown of the same run. */
  protected take({ overview: fresh }: Reply): void {
    const { run, n } = this.looks.overview;
    if (fresh && (fresh.run !== run || fresh.n >= n)) this.show(fresh);
  }

  async refresh(): Promise<void> {
    const reply = await this.source.request({ do: "overview" });
    if (!this.closed) this.take(reply);
  }

  /** Asks for what the detail in view left out. */
  async whole(): Promise<void> {
    const point = this.point;
    const reply = await detailOf(this.source, point, true);
    if (!this.closed) this.#shelve(placeKey(point), reply);
  }

  /** Forgets the details of steps that a message tells anew, and keeps the one that it has. */
  #renew({ run, detail }: Progress): void {
    for (const step of run.steps) this.#details.delete(placeKey({ ...step, fork: null }));
    if (detail) this.#details.keep(placeKey({ ...detail, fork: null }), detail);
  }

  #advance(progress: Progress): void {
    const { overview, following, at } = this.looks;
    if (progress.n <= overview.n) return;
    const next = advanced(overview, progress);
    const points = grown(this.looks.points, overview.run, progress);
    this.#renew(progress);
    const place = following ? points.length - 1 : Math.min(at, points.length - 1);
    const said = restedSaying(overview, next) ?? this.looks.said;
    const whole = progress.detail || progress.run.status !== "running";
    const drawn = whole ? { overview: next, points } : this.looks.drawn;
    this.change({ overview: next, points, at: place, drawn, text: progress.text, said });
    if (misses(overview, progress)) void this.refresh();
    if (whole || !following) this.#want();
  }

  /** Shows the detail of the place in view, from what is kept or from the source. */
  #want(): void {
    const key = placeKey(this.point);
    const kept = this.#details.get(key);
    this.#wanted = kept ? null : key;
    if (!kept) void this.#ask();
    else {
      if (kept !== this.looks.detail) this.change({ detail: kept, shown: key });
      this.#lookAhead();
    }
  }

  /** Asks for one detail at a time, and when it has come for the one then in view. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#ahead);
    const point = this.point;
    const reply = await detailOf(this.source, point);
    this.#asking = false;
    if (!this.closed) this.#arrived(placeKey(point), reply);
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
    const reply = await detailOf(this.source, point);
    this.#asking = false;
    if (this.closed) return;
    if (reply.detail) this.#details.keep(placeKey(point), reply.detail);
    if (this.#wanted !== null) void this.#ask();
    else if (reply.detail) this.#lookAhead();
  }

  #arrived(key: string, reply: Reply): void {
    if (this.#wanted === null) {
      if (reply.detail) this.#details.keep(key, reply.detail);
    } else if (this.#wanted === key) this.#shelve(key, reply);
    else {
      if (reply.detail) this.#details.keep(key, reply.detail);
      void this.#ask();
    }
  }

  /** Shows what was asked for, if one still looks there. */
  #shelve(key: string, reply: Reply): void {
    if (reply.detail) this.#details.keep(key, reply.detail);
    if (placeKey(this.point) !== key) return;
    this.#wanted = null;
    this.change({ detail: reply.detail ?? null, shown: key, error: reply.error ?? this.looks.error });
    this.#lookAhead();
  }

  protected change(change: Partial<Looks>): void {
    if (this.closed) return;
    this.looks = { ...this.looks, ...change };
    for (const listener of this.#listeners) listener();
  }
}
