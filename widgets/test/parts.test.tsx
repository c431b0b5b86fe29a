/** The list of runs, two runs side by side, folding lanes, tokens by their time, pages of values. */
import { describe, expect, it } from "vitest";
import { foundIn } from "../src/views/runs.tsx";
import { cameBy } from "../src/views/stream.tsx";
import type { Detail, RunLine } from "../src/wire.ts";
import { opened } from "./opened.tsx";
import { click, doing, find, get, names, press, type } from "./screen.ts";
import { detail, FakeSource, failed, overview, tick } from "./story.ts";

const open = (source?: FakeSource) => opened(undefined, source);

const line = (label: string, status: RunLine["status"]): RunLine => ({
  id: `id-${label}`,
  label,
  status,
  steps: 3,
  action: "reply",
  parent: null,
  updatedAt: 0,
  pinned: false,
});
const LINES = [line("first", "completed"), line("second", "failed")];

describe("the list of runs", () => {
  it("is found by words, and by failure", () => {
    expect(foundIn(LINES, "sec rep", false).map((one) => one.label)).toEqual(["second"]);
    expect(foundIn(LINES, "", true).map((one) => one.label)).toEqual(["second"]);
  });

  it("opens from the header and switches", async () => {
    const { source, at } = await open();
    source.replies.runs = { runs: LINES };
    await click(at, "button", "Run chat-7f3a, list of runs");
    await type(get(at, "searchbox", "Search runs"), "first");
    await doing(() => get(at, "button", /^first/).click());
    expect(source.commands().at(-1)).toEqual({ do: "switch", run: "id-first" });
    expect(find(at, "searchbox", "Search runs")).toBeNull();
  });
});

describe("two runs side by side", () => {
  it("shows where they part and goes away again", async () => {
    const { source, at } = await open();
    const [main, fork] = overview().runs;
    if (!main || !fork) throw new Error("the fixture has two runs");
    source.replies.compare = {
      comparison: {
        run: main.id,
        other: fork.id,
        said: "they part at @5",
        at: 5,
        here: main.steps.slice(4, 7),
        there: fork.steps,
        diff: [],
      },
    };
    await click(at, "button", "Compare with chat-7f3a-fork1");
    expect(source.commands().at(-1)).toEqual({ do: "compare", run: main.id, other: fork.id });
    expect(get(at, "region", "Comparison").textContent).toContain("they part at @5");
    await click(at, "button", "Close comparison");
    expect(find(at, "region", "Comparison")).toBeNull();
  });
});

describe("a lane", () => {
  it("folds its forks away and back", async () => {
    const { at } = await open();
    const main = get(at, "treeitem", /^chat-7f3a, /);
    expect(main.getAttribute("aria-expanded")).toBe("true");
    await press(main, "ArrowLeft");
    expect(names(at, "treeitem").length).toBe(1);
    await press(get(at, "treeitem", /^chat-7f3a, /), "ArrowRight");
    expect(names(at, "treeitem").length).toBe(2);
  });
});

describe("a streamed answer", () => {
  it("is as long as it was at that time", () => {
    const stream: [number, number][] = [
      [10, 3],
      [30, 8],
    ];
    expect([0, 10, 29, 30].map((ms) => cameBy(stream, ms))).toEqual([0, 3, 3, 8]);
  });

  it("is scrubbed by token time", async () => {
    const source = new FakeSource();
    const made: Detail = failed();
    const [call] = detail().calls;
    if (!call) throw new Error("the fixture has a call");
    made.calls = [
      {
        ...call,
        output: "Hello, world",
        stream: [
          [0, 5],
          [100, 12],
        ],
      },
    ];
    source.replies.detail = { detail: made };
    const { at } = await open(source);
    await click(at, "tab", "Calls");
    const time = get(at, "slider", "Token time") as HTMLInputElement;
    await doing(() => {
      time.value = "50";
      time.dispatchEvent(new Event("input", { bubbles: true }));
    });
    expect(at.querySelector(".na-output")?.textContent).toContain("Hello▍");
  });
});

describe("the calls of branches", () => {
  it("stand with those of the step, under the name of each branch", async () => {
    const source = new FakeSource();
    const made: Detail = failed();
    const [call] = detail().calls;
    if (!call) throw new Error("the fixture has a call");
    made.calls = [call, { ...call, id: 99, branch: "ask_all 0-0" }];
    made.moreCalls = 2;
    source.replies.detail = { detail: made };
    const { at } = await open(source);
    await click(at, "tab", "Calls");
    expect(get(at, "tab", "Calls").querySelector<HTMLElement>("[data-n]")?.dataset.n).toBe("4");
    expect([...at.querySelectorAll(".na-calls summary code")].map((name) => name.textContent)).toEqual([
      "ask_all 0-0",
    ]);
    expect(get(at, "tabpanel").textContent).toContain("… 2 calls more");
  });
});

describe("a value that came in part", () => {
  it("is paged through", async () => {
    const source = new FakeSource();
    const items = ["nine"];
    const part = { t: "list" as const, type: "list", size: 10, start: 9, items };
    const made: Detail = { ...detail(), seq: 10, state: { t: "dict", size: 1, items: [["log", part]] } };
    source.replies.detail = { detail: made };
    source.replies.value = { value: { ...part, start: 8, items: ["eight"] } };
    const { at } = await open(source);
    await click(at, "button", "← Earlier");
    const { run } = overview();
    expect(source.commands().at(-1)).toEqual({ do: "value", run, seq: 10, path: [0], start: 8 });
    expect(get(at, "tabpanel").textContent).toContain("eight");
  });
});

describe("the neighbours of a step", () => {
  it("are asked for once the slider rests", async () => {
    const { source, viewer } = await open();
    await doing(() => viewer.moveToSeq(5));
    await doing(() => tick(200));
    const seqs = source.asked.map((ask) => (ask.do === "detail" ? ask.seq : null));
    expect(seqs.slice(0, 2)).toEqual([10, 5]);
    expect([...seqs.slice(2)].sort()).toEqual([4, 6]);
  });
});
