import { getByText } from "@testing-library/dom";
import { beforeEach, describe, expect, it } from "vitest";
import type { Overview, Run } from "../src/model.ts";
import { Viewer } from "../src/viewer.ts";
import { Panel } from "../src/views/panel.tsx";
import type { BlameWire } from "../src/wire.ts";
import { click, doing, find, get, names, press, show } from "./screen.ts";
import { detail, FakeSource, overview } from "./story.ts";

let source: FakeSource;
let viewer: Viewer;
let at: HTMLElement;

async function open(shown: Overview = overview()): Promise<void> {
  source = new FakeSource();
  viewer = new Viewer(source, shown);
  at = show(<Panel viewer={viewer} />);
  await doing(() => {});
}

const run = overview().run;
const PRICE = {
  said: "1 step runs again; 1 call from the ledger, 0 may go live",
  live: 0,
  fresh: "1 step runs again; 0 calls from the ledger, 1 may go live, about $0.02",
};
const BLAME: BlameWire = {
  origin: { path: "mode", kind: "step", seq: 1, action: "decide_mode" },
  source: "def decide_mode(state): ...\n",
  calls: detail().calls,
  causes: [{ path: "prompt", kind: "step", seq: 0, action: "prompt" }],
  left: "and at least 3 earlier writes: %agent blame mode chat@6 --all tells of all",
};

describe("a step that completed", () => {
  beforeEach(async () => {
    await open();
    await doing(() => viewer.moveToSeq(6));
    source.replies.price = { price: PRICE };
    await click(at, "button", "Re-run this step");
  });

  it("says what it takes before it runs again", () => {
    const said = get(at, "form", "What it takes").textContent;
    expect(said).toContain(`generate_code, step 6, once more in a fork from before it: ${PRICE.said}`);
    expect(said).toContain(PRICE.fresh);
    expect(source.commands()).toEqual([{ do: "price", run, seq: 6 }]);
  });

  it("runs again from the record", async () => {
    await click(at, "button", "Run it again");
    expect(source.commands().at(-1)).toEqual({ do: "rerun", run, seq: 6, fresh: false });
    expect(find(at, "form", "What it takes")).toBeNull();
  });

  it("is not run at the price of another", async () => {
    await doing(() => viewer.moveToSeq(5));
    expect(find(at, "form", "What it takes")).toBeNull();
  });

  it("runs again with the model asked anew", async () => {
    await click(at, "button", "Ask the model anew");
    expect(source.commands().at(-1)).toEqual({ do: "rerun", run, seq: 6, fresh: true });
  });

  it("stays as it is when one thinks better of it", async () => {
    await press(get(at, "button", "Run it again"), "Escape");
    expect(find(at, "form", "What it takes")).toBeNull();
    expect(source.commands().length).toBe(1);
  });
});

describe("a failed step", () => {
  beforeEach(() => open());

  it("is no step to run again but one to retry", () => {
    expect(find(at, "button", "Re-run this step")).toBeNull();
    expect(find(at, "button", "Retry")).not.toBeNull();
  });

  it("says first what a retry takes that may be paid for", async () => {
    source.replies.price = { price: { said: "1 call may go live", live: 1, fresh: null } };
    await click(at, "button", "Retry");
    expect(get(at, "form", "What it takes").textContent).toContain("Retry: 1 call may go live");
    await click(at, "button", "Retry now");
    expect(source.commands().at(-1)).toEqual({ do: "retry", run });
  });
});

describe("a value of the state", () => {
  beforeEach(async () => {
    await open();
    await doing(() => viewer.moveToSeq(6));
    source.replies.blame = { blame: BLAME };
  });

  it("says who wrote it, with the call, the code and what that had read", async () => {
    await click(at, "button", "Who wrote mode");
    expect(source.commands().at(-1)).toMatchObject({ do: "blame", run, seq: 6 });
    const card = get(at, "region", "Who wrote mode");
    expect(card.textContent).toContain("mode was written by decide_mode, step 1");
    expect(card.textContent).toContain("System.out.println");
    expect(names(card, "list").at(-1)).toBe("Made from");
    expect(card.textContent).toContain("and at least 3 earlier writes: %agent blame mode chat@6 --all");
    expect(document.activeElement).toBe(card);
  });

  it("says that it was edited by hand, where no step has begun since", async () => {
    const origin = { path: "mode", kind: "edit" as const, seq: null, action: null };
    source.replies.blame = { blame: { ...BLAME, origin, causes: [], calls: [], source: null } };
    await click(at, "button", "Who wrote mode");
    expect(get(at, "region", "Who wrote mode").textContent).toContain("mode was edited by hand ");
  });

  it("is asked about by a click on it", async () => {
    await doing(() => getByText(get(at, "tabpanel"), "generate_code").click());
    expect(source.commands().at(-1)).toMatchObject({ do: "blame", run, seq: 6 });
  });

  it("is not told of where one looks elsewhere by then, or has put it away", async () => {
    let answer: (reply: object) => void = () => {};
    source.replies.blame = new Promise((resolve) => {
      answer = resolve;
    });
    const asked = [viewer.blame([0]), viewer.blame(null), viewer.blame([1])];
    await doing(() => viewer.moveToSeq(5));
    answer({ blame: BLAME });
    await Promise.all(asked);
    expect(viewer.looks.blame).toBeNull();
  });

  it("leads to the step that wrote it", async () => {
    await click(at, "button", "Who wrote mode");
    await click(at, "button", "decide_mode, step 1");
    expect(viewer.point.seq).toBe(1);
    expect(find(at, "region", "Who wrote mode")).toBeNull();
  });

  it("is asked about no more once that was read", async () => {
    await click(at, "button", "Who wrote mode");
    await press(get(at, "region", "Who wrote mode"), "Escape");
    expect(find(at, "region", "Who wrote mode")).toBeNull();
  });
});

describe("a grid of forks", () => {
  const grid = (): Overview => {
    const made = overview();
    const [main, fork] = made.runs;
    if (!main || !fork) throw new Error("the fixture has a fork");
    const forks: Run[] = [1, 2, 3].map((n) => ({
      ...fork,
      id: `fork${n}`,
      label: `map-1a2b.${n}`,
      status: n === 2 ? "failed" : fork.status,
    }));
    return { ...made, runs: [main, ...forks] };
  };

  it("is one lane until it is opened", async () => {
    await open(grid());
    const lane = get(at, "treeitem", "map-1a2b 3 forks, 1 failed");
    expect(names(at, "treeitem").length).toBe(2);
    await press(lane, "ArrowRight");
    expect(lane.getAttribute("aria-expanded")).toBe("true");
    expect(names(at, "treeitem").length).toBe(5);
  });

  it("is open while one of its forks is in view", async () => {
    await open({ ...grid(), run: "fork2" });
    expect(get(at, "treeitem", /^map-1a2b 3 forks/).getAttribute("aria-expanded")).toBe("true");
  });
});

describe("a state that was edited by hand", () => {
  it("is marked at the step after which it was", async () => {
    const made = overview();
    Object.assign(made.runs[0]?.steps[6] ?? {}, { edited: true });
    await open(made);
    await doing(() => viewer.moveToSeq(6));
    const said = get(at, "slider", "Step").getAttribute("aria-valuetext");
    expect(said).toBe("step 6 of 10: generate_code, completed, state edited by hand after it");
  });
});
