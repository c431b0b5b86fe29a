import { afterEach, describe, expect, it, vi } from "vitest";
import { render } from "../src/grid.ts";
import type { GridModel, GridWire } from "../src/wire.ts";

const grid = (changes: Partial<GridWire> = {}): GridWire => ({
  title: "map-1a2b: 3 forks of quiz@start",
  line: "2/3 forks, 1 passed",
  done: 2,
  total: 3,
  going: true,
  tried: ["tone"],
  columns: ["passed", "95 %"],
  rows: [
    {
      tried: ["<img src=x onerror=alert(1)>"],
      forks: [
        { n: 1, run: "one", outcome: "completed", passed: true, why: "" },
        { n: 2, run: "two", outcome: "failed", passed: false, why: "ValueError: <b>no</b>" },
        { n: 3, run: null, outcome: "not begun", passed: null, why: "" },
      ],
      told: ["1 of 2", "9% to 91%"],
    },
  ],
  ...changes,
});

class FakeModel implements GridModel {
  readonly sent: unknown[] = [];
  readonly heard = new Map<string, () => void>();
  readonly interrupt = vi.fn(async () => {});
  readonly widget_manager = { kernel: { interrupt: this.interrupt } };
  said = "";
  constructor(public grid: GridWire) {}
  get<K extends "grid" | "said">(name: K) {
    return this[name] as never;
  }
  send(content: unknown): void {
    this.sent.push(content);
  }
  on(event: string, listener: () => void): void {
    this.heard.set(event, listener);
  }
  off(event: string): void {
    this.heard.delete(event);
  }
}

function open(model: FakeModel) {
  const el = document.body.appendChild(document.createElement("div"));
  return { el, close: render({ model, el }) };
}

const buttons = (el: HTMLElement) => [...el.querySelectorAll("button")];

afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe("the grid of forks", () => {
  it("shows texts as texts", () => {
    const { el } = open(new FakeModel(grid()));
    expect(el.querySelector("td")?.textContent).toBe("<img src=x onerror=alert(1)>");
    expect([el.querySelectorAll("img").length, el.querySelectorAll("b").length]).toEqual([0, 0]);
  });

  it("has a button for each fork, which says what came of it", () => {
    const { el } = open(new FakeModel(grid()));
    const told = buttons(el).map((each) => [
      each.textContent,
      each.ariaLabel ?? each.getAttribute("aria-label"),
    ]);
    expect(told).toEqual([
      ["Stop", null],
      ["1 ✓", "fork 1: completed, passed"],
      ["2 ✖", "fork 2: failed, did not pass. ValueError: <b>no</b>"],
      ["3 ·", "fork 3: not begun"],
    ]);
    expect(buttons(el)[3]?.disabled).toBe(true);
  });

  it("asks for the run of a fork that is clicked, and says what the kernel answers", () => {
    const model = new FakeModel(grid());
    const { el } = open(model);
    buttons(el)[2]?.focus();
    buttons(el)[2]?.click();
    expect(model.sent).toEqual([{ open: "two" }]);
    model.said = "map-1a2b.2 is in use";
    model.heard.get("change:said")?.();
    expect(el.querySelector("[role=status]")?.textContent).toBe("map-1a2b.2 is in use");
    expect(document.activeElement).toBe(buttons(el)[2]);
  });

  it("stops by a message, and interrupts a kernel that does not hear it", () => {
    vi.useFakeTimers();
    const model = new FakeModel(grid());
    const { el } = open(model);
    buttons(el)[0]?.click();
    expect([model.sent, model.interrupt.mock.calls.length]).toEqual([[{ stop: true }], 0]);
    vi.runAllTimers();
    expect(model.interrupt).toHaveBeenCalledOnce();
  });

  it("interrupts no kernel that has stopped", () => {
    vi.useFakeTimers();
    const model = new FakeModel(grid());
    const { el } = open(model);
    buttons(el)[0]?.click();
    model.grid = grid({ going: false });
    model.heard.get("change:grid")?.();
    vi.runAllTimers();
    expect([model.interrupt.mock.calls.length, el.querySelector("progress")]).toEqual([0, null]);
  });

  it("leaves no listener and no element when it is taken away", () => {
    const model = new FakeModel(grid());
    const { el, close } = open(model);
    close();
    expect([model.heard.size, el.childElementCount]).toEqual([0, 0]);
  });
});
