/** What one looks at, and what one asks and commands there. */
import { Looking } from "./looking.ts";
import type { Reply } from "./model.ts";
import { Pictures } from "./pictures.ts";
import { saidOf } from "./saying.ts";
import { placeKey } from "./timeline.ts";
import type { Act, Ask, ControlWire, Json, PriceWire, ValueWire } from "./wire.ts";

const PATIENCE_MS = 300;
const LONG_MS = 20_000;
const QUEUED = "queued until the cell ends";
const LATE = "no answer yet: it may still happen when the cell ends";

export class Viewer extends Looking {
  readonly #pictures = new Pictures(this.source);
  /** Number of the last message when the last command was given. */
  #told = 0;
  /** The last question of each kind that is about what is in view; null once it was put away. */
  readonly #last: { blame?: Ask | null; compare?: Ask | null } = {};

  switchTo(run: string): Promise<void> {
    return this.#command({ do: "switch", run });
  }

  fork(edits: Record<string, Json>): Promise<void> {
    const { run, seq } = this.point;
    return this.#command({ do: "fork", run, seq, edits });
  }

  /** Goes on with the failed step, or with what was refused as its effect cannot be taken back. */
  goOn(how: "retry" | "allow"): Promise<void> {
    return this.#command({ do: how, run: this.looks.overview.run });
  }

  /** Runs the step in view again, in a fork from before it; `fresh` asks the model anew. */
  rerun(fresh: boolean): Promise<void> {
    const { run, seq } = this.point;
    return this.#command({ do: "rerun", run, seq, fresh });
  }

  /** What a retry takes, or running the step in view again; null where that cannot be told. */
  async price(what: "retry" | "rerun"): Promise<PriceWire | null> {
    const { run, seq } = this.point;
    let found: PriceWire | null = null;
    await this.#waiting("price", async () => {
      const { price, error = "" } = await this.source.request({
        do: "price",
        run: what === "retry" ? this.looks.overview.run : run,
        ...(what === "rerun" && { seq }),
      });
      this.change({ error });
      found = price ?? null;
    });
    return found;
  }

  run(how: "run" | "step", inputs: Record<string, Json>): Promise<void> {
    const { overview, at, points } = this.looks;
    const past = at < points.length - 1 ? { seq: this.point.seq } : {};
    return this.#command({ do: how, run: overview.run, ...past, inputs });
  }

  /** Takes in how the run is held. */
  hear(control: ControlWire): void {
    this.change({ control });
  }

  /** Pauses, steps or stops the run that goes on; what blocks the kernel is interrupted. */
  async hold(act: Act): Promise<void> {
    this.change({ asked: act, held: false, error: "" });
    const timer = setTimeout(() => this.change({ held: true }), PATIENCE_MS);
    const { overview, control } = this.looks;
    if (act === "stop" && !control.beside) await this.source.interrupt();
    await this.#tell({ do: "control", run: overview.run, act });
    clearTimeout(timer);
    this.change({ asked: null, held: false });
  }

  /** Sets a breakpoint before an action, or takes it away; returns why it was refused, if it was. */
  breakAt(action: string, condition: string | null): Promise<string> {
    return this.#tell({ do: "break", action, condition });
  }

  /** Limits what a command may spend. */
  limit(maxCalls: number | null, maxCost: number | null): Promise<string> {
    return this.#tell({ do: "limit", maxCalls, maxCost });
  }

  async #tell(ask: Ask): Promise<string> {
    const { error = "" } = await this.source.request(ask);
    this.change({ error });
    return error;
  }

  /** Writes the run as a page. */
  exportPage(): Promise<void> {
    return this.#command({ do: "export" });
  }

  /** Asks for the project's runs. */
  async listRuns(): Promise<void> {
    const reply = await this.source.request({ do: "runs" });
    this.change({ lines: reply.runs ?? [], error: reply.error ?? "" });
  }

  /** Puts the run in view beside another; null puts that away. */
  async compare(other: string | null): Promise<void> {
    this.change({ comparison: null });
    const { run } = this.looks.overview;
    const reply = await this.#about("compare", other === null ? null : { do: "compare", run, other });
    if (reply && this.looks.overview.run === run)
      this.change({ comparison: reply.comparison ?? null, error: reply.error ?? "" });
  }

  /** Answers a question unless another of its kind was asked meanwhile, or it was put away. */
  async #about(kind: "blame" | "compare", ask: Ask | null): Promise<Reply | null> {
    this.#last[kind] = ask;
    const reply = ask && (await this.source.request(ask));
    return this.#last[kind] === ask ? reply : null;
  }

  /** A part of the state in view that is too large to come with it. */
  async page(path: number[], start: number): Promise<ValueWire | undefined> {
    const { run, seq } = this.point;
    const reply = await this.source.request({ do: "value", run, seq, path, start });
    if (reply.error) this.change({ error: reply.error });
    return reply.value;
  }

  /** Asks who wrote a value of the state in view; null puts the answer away. */
  async blame(path: number[] | null): Promise<void> {
    const { point } = this;
    const { run, seq } = point;
    if (path === null) this.change({ blame: null });
    const reply = await this.#about("blame", path && { do: "blame", run, seq, path });
    if (reply && placeKey(this.point) === placeKey(point))
      this.change({ blame: reply.blame ?? null, ...(reply.error && { error: reply.error }) });
  }

  /** An image of the step in view, as the address of its data. */
  image(id: string, mime: string): Promise<string> {
    const { run, seq } = this.point;
    return this.#pictures.address({ do: "image", run, seq, image: id }, mime);
  }

  #command(ask: Ask): Promise<void> {
    this.#told = this.looks.overview.n;
    return this.#waiting(ask.do, () => this.#answer(ask));
  }

  /** Does what needs an answer, and says after a moment that it waits, if it does. */
  async #waiting(waiting: Ask["do"], act: () => Promise<void>): Promise<void> {
    this.change({ waiting, said: "", error: "" });
    const timers = [
      setTimeout(() => this.change({ said: QUEUED }), PATIENCE_MS),
      setTimeout(() => this.change({ said: LATE }), LONG_MS),
    ];
    try {
      await act();
    } finally {
      timers.forEach(clearTimeout);
      const { said } = this.looks;
      this.change({ waiting: null, said: said === QUEUED || said === LATE ? "" : said });
    }
  }

  async #answer(ask: Ask): Promise<void> {
    const reply = await this.source.request(ask);
    if (this.closed) return;
    this.take(reply);
    const said = saidOf(ask, reply, this.looks.overview, this.#told);
    this.change({ said, error: reply.error ?? "" });
  }
}
