/** What is done by keyboard beyond what browsers do by themselves. */
import { beforeEach, describe, expect, it } from "vitest";
import { Viewer } from "../src/viewer.ts";
import { Panel } from "../src/views/panel.tsx";
import { nearest } from "../src/views/roving.ts";
import type { NodeWire, RunLine } from "../src/wire.ts";
import { click, doing, find, get, press, show } from "./screen.ts";
import { FakeSource, overview } from "./story.ts";

let source: FakeSource;
let at: HTMLElement;

beforeEach(async () => {
  source = new FakeSource();
  at = show(<Panel viewer={new Viewer(source, overview())} />);
  await doing(() => {});
});

describe("the help of keys", () => {
  it("is opened by ? and closed by Escape, which gives the focus back", async () => {
    const slider = get(at, "slider", "Step");
    slider.focus();
    await press(slider, "?");
    expect(document.activeElement).toBe(get(at, "region", "Keys"));
    await press(get(at, "region", "Keys"), "Escape");
    expect(find(at, "region", "Keys")).toBeNull();
    expect(document.activeElement).toBe(get(at, "button", "Keys"));
  });

  it("does not open while a text is written", async () => {
    source.replies.runs = { runs: [] as RunLine[] };
    await click(at, "button", "Run chat-7f3a, list of runs");
    await press(get(at, "searchbox", "Search runs"), "?");
    expect(find(at, "region", "Keys")).toBeNull();
  });
});

describe("the list of runs", () => {
  it("gives the focus back when it closes", async () => {
    source.replies.runs = { runs: [] as RunLine[] };
    const name = get(at, "button", "Run chat-7f3a, list of runs");
    name.focus();
    await doing(() => name.click());
    await press(get(at, "searchbox", "Search runs"), "Escape");
    expect(document.activeElement === name).toBe(true);
  });
});

describe("the graph", () => {
  it("has one stop for Tab: the action in view", () => {
    const stops = [...at.querySelectorAll("[data-node][tabindex='0']")];
    expect(stops.map((node) => node.getAttribute("data-node"))).toEqual(["generate_image"]);
  });

  it("is walked by arrows, to what lies nearest ahead", () => {
    const node = (name: string, x: number, y: number, kind: NodeWire["kind"] = "action"): NodeWire => ({
      name,
      kind,
      label: name,
      x,
      y,
      width: 10,
      height: 10,
      reads: [],
      writes: [],
    });
    const top = node("top", 50, 0);
    const nodes = [top, node("input", 50, 20, "input"), node("left", 40, 50), node("right", 90, 50)];
    expect(nearest(nodes, top, [0, 1]).name).toBe("left");
    expect(nearest(nodes, top, [1, 0]).name).toBe("right");
    expect(nearest(nodes, top, [0, -1]).name).toBe("top");
  });

  it("moves the focus to the action below", async () => {
    const from = get(at, "button", /^action prompt,/);
    from.focus();
    await press(from, "ArrowDown");
    expect(document.activeElement?.getAttribute("data-node")).toBe("decide_mode");
  });
});

describe("a lane", () => {
  it("is compared with the run in view by c, but not by Ctrl+C", async () => {
    const lane = get(at, "treeitem", /fork1/);
    lane.dispatchEvent(new KeyboardEvent("keydown", { key: "c", ctrlKey: true, bubbles: true }));
    expect(source.commands()).toEqual([]);
    await press(lane, "c");
    expect(source.commands()).toEqual([
      { do: "compare", run: overview().run, other: overview().runs[1]?.id },
    ]);
  });
});

describe("an open list of breakpoints", () => {
  it("closes by Escape", async () => {
    await click(at, "button", "Breakpoints, 0 set");
    await press(get(at, "combobox", "Add a breakpoint before"), "Escape");
    expect(find(at, "region", "Breakpoints")).toBeNull();
  });
});
