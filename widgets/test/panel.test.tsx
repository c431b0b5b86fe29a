import { beforeEach, describe, expect, it } from "vitest";
import type { Overview } from "../src/model.ts";
import type { Viewer } from "../src/viewer.ts";
import { opened, slide, slider } from "./opened.tsx";
import { click, doing, find, get, names, press } from "./screen.ts";
import { type FakeSource, overview, rested } from "./story.ts";

let source: FakeSource;
let viewer: Viewer;
let at: HTMLElement;

async function open(shown?: Overview): Promise<void> {
  ({ source, viewer, at } = await opened(shown));
}

const COMPARED = { run: overview().run, other: "", said: "", at: null, here: [], there: [], diff: [] };

describe("the panel", () => {
  beforeEach(() => open());

  it("is a region named Agent", () => {
    expect(get(at, "region", "Agent")).toBeTruthy();
  });

  it("says which run it shows, how that stands and what it took", () => {
    const text = at.querySelector("header")?.textContent ?? "";
    for (const said of [
      "chat-7f3a",
      "agent-demo",
      "failed at generate_image",
      "step @10 of @10",
      "6 calls",
      "$0.0025",
    ])
      expect(text).toContain(said);
  });

  it("has six tabs, and turns to the error of a failed step", () => {
    expect(names(at, "tab")).toEqual(["State", "Diff", "Calls", "Why", "Code", "Error"]);
    expect(get(at, "tab", "Error").getAttribute("aria-selected")).toBe("true");
    expect(get(at, "tabpanel").textContent).toContain("Demo error");
  });

  it("moves between tabs with the arrow keys", async () => {
    await press(get(at, "tab", "Error"), "ArrowRight");
    expect(get(at, "tab", "State").getAttribute("aria-selected")).toBe("true");
  });

  it("offers Retry only where a step failed", async () => {
    expect(find(at, "button", "Retry")).toBeTruthy();
    await open(rested());
    expect(find(at, "button", "Retry")).toBeNull();
  });

  it("shows a chat as bubbles and its code as code", async () => {
    await click(at, "tab", "State");
    expect(at.querySelectorAll(".na-bubble").length).toBe(6);
    expect(at.querySelector(".na-bubble code")?.textContent).toContain("System.out.println");
  });
});

describe("the slider", () => {
  beforeEach(() => open());

  it("says the step, how many there are, its action and status", () => {
    expect(slider().getAttribute("aria-valuetext")).toBe("step 10 of 10: generate_image, failed");
    expect([slider().min, slider().max, slider().value]).toEqual(["-1", "10", "10"]);
  });

  it("asks for the step it is moved to and says that one looks at the past", async () => {
    await slide(4);
    expect(source.asked.at(-1)).toEqual({ do: "detail", run: overview().run, seq: 4 });
    expect(at.querySelector(".na-banner")?.textContent).toContain("Looking at step @4 of @10.");
    expect(source.commands()).toEqual([]);
  });

  it("reaches the state before the first step", async () => {
    await slide(-1);
    expect(slider().getAttribute("aria-valuetext")).toBe("initial state, before step 0 of 10");
  });

  it("goes back to now", async () => {
    await slide(4);
    await click(at, "button", "Back to now");
    expect(slider().value).toBe("10");
    expect(at.querySelector(".na-banner")).toBeNull();
  });

  it("asks for one step at a time, and last for the one it rests on", async () => {
    await doing(() => {
      for (const seq of [1, 2, 3, 4, 5]) viewer.moveToSeq(seq);
    });
    await doing(() => {});
    expect(source.asked.slice(1, 3).map((ask) => (ask as { seq: number }).seq)).toEqual([1, 5]);
    expect(viewer.looks.detail?.seq).toBe(5);
  });

  it("shows a step seen before without asking again", async () => {
    await slide(4);
    await slide(10);
    const before = source.asked.length;
    await slide(4);
    expect(source.asked.length).toBe(before);
  });

  it("plays through the steps with the space bar", async () => {
    await slide(10);
    await press(slider(), " ");
    expect(get(at, "button", "Play").getAttribute("aria-pressed")).toBe("true");
    expect(slider().value).toBe("-1");
  });
});

describe("the runs", () => {
  beforeEach(() => open());

  it("are a tree that says where each fork leaves", () => {
    expect(names(at, "treeitem")).toEqual([
      "chat-7f3a, failed at generate_image",
      "chat-7f3a-fork1, halted, fork of chat-7f3a after step 4",
    ]);
  });

  it("are switched by a click", async () => {
    const fork = { ...overview(), run: overview().runs[1]?.id ?? "" };
    source.replies.switch = { overview: fork, said: "chat-7f3a-fork1" };
    await doing(() => get(at, "treeitem", /fork1/).click());
    expect(source.commands()).toEqual([{ do: "switch", run: fork.run }]);
    expect(slider().getAttribute("aria-valuetext")).toBe("step 7 of 7: response, completed");
  });

  it("are not compared any more where another was asked for, or that was put away", async () => {
    const answers: ((reply: object) => void)[] = [];
    const ask = (other: string | null): Promise<void> => {
      source.replies.compare = new Promise((resolve) => answers.push(resolve));
      return viewer.compare(other);
    };
    const comparison = (other: string) => ({ comparison: { ...COMPARED, other } });
    const asked = [ask("first"), ask("second")];
    answers[1]?.(comparison("second"));
    answers[0]?.(comparison("first"));
    await Promise.all(asked);
    expect(viewer.looks.comparison?.other).toBe("second");
    const late = ask("third");
    await viewer.compare(null);
    answers[2]?.(comparison("third"));
    await late;
    expect(viewer.looks.comparison).toBeNull();
  });

  it("a fork's slider begins with its parent's steps", async () => {
    await open({ ...overview(), run: overview().runs[1]?.id ?? "" });
    expect(viewer.looks.points.map((point) => [point.run.slice(0, 2), point.seq])).toEqual(
      [null, 0, 1, 2, 3, 4]
        .map((seq) => ["7f", seq] as [string, number | null])
        .concat([5, 6, 7].map((seq) => ["b1", seq])),
    );
  });
});

describe("a step that was served", () => {
  it("is marked, and said to be no step that was fired", async () => {
    const shown = overview();
    Object.assign(shown.runs[0]?.steps[9] ?? {}, { served: true });
    await open(shown);
    await slide(9);
    const said = "step 9 of 10: decide_mode, served, not fired";
    expect(slider().getAttribute("aria-valuetext")).toBe(said);
    const marks = [".na-cell", ".na-dot"].map((kind) => at.querySelectorAll(`${kind}.na-served`).length);
    expect(marks).toEqual([1, 1]);
  });
});
