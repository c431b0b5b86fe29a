import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Overview, Progress, Step } from "../src/model.ts";
import { GONE, LiveSource } from "../src/source.ts";
import { Viewer } from "../src/viewer.ts";
import { Panel } from "../src/views/panel.tsx";
import { click, doing, find, get, names, press, show, type } from "./screen.ts";
import { detail, FakeModel, FakeSource, overview, progress, tick } from "./story.ts";

let source: FakeSource;
let viewer: Viewer;
let at: HTMLElement;

async function open(shown: Overview = overview()): Promise<void> {
  source = new FakeSource();
  viewer = new Viewer(source, shown);
  at = show(<Panel viewer={viewer} />);
  await doing(() => {});
}

const slider = (): HTMLInputElement => get(at, "slider", "Step") as HTMLInputElement;

const slide = (value: number): Promise<void> =>
  doing(() => {
    slider().value = String(value);
    slider().dispatchEvent(new Event("input", { bubbles: true }));
  });

const COMPARED = { run: overview().run, other: "", said: "", at: null, here: [], there: [], diff: [] };

const status = (): string => get(at, "status").textContent ?? "";

/** The fixture with its run as if the last step had gone well, and the next action taking a prompt. */
function rested(): Overview {
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
      "step 10/10",
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
    expect(at.querySelector(".na-banner")?.textContent).toContain("Looking at step 4 of 10.");
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

describe("commands", () => {
  beforeEach(() => open());

  it("forks at the step in view", async () => {
    source.replies.fork = { said: "The fork is fork2." };
    await slide(4);
    await click(at, "button", "Fork here");
    expect(source.commands()).toEqual([{ do: "fork", run: overview().run, seq: 4, edits: {} }]);
    expect(status()).toBe("The fork is fork2.");
  });

  it("forks with an edited value", async () => {
    await slide(4);
    await click(at, "button", "Edit prompt");
    await type(get(at, "textbox", "prompt"), "write hello world in rust");
    await click(at, "button", "Fork here");
    const edits = { prompt: "write hello world in rust" };
    expect(source.commands()).toEqual([{ do: "fork", run: overview().run, seq: 4, edits }]);
  });

  it("refuses to fork with JSON that cannot be read", async () => {
    await slide(4);
    await click(at, "button", "Edit response");
    await type(get(at, "textbox", "response"), "{");
    expect((get(at, "button", "Fork here") as HTMLButtonElement).disabled).toBe(true);
  });

  it("runs nothing while an edit waits for its fork, and says so", async () => {
    await open({ ...rested(), inputs: [] });
    await click(at, "tab", "State");
    await click(at, "button", "Edit response");
    for (const text of ["{", '{"content": "99"}']) {
      await type(get(at, "textbox", "response"), text);
      const acts = ["Run", "Step"].map((name) => get(at, "button", name) as HTMLButtonElement);
      const waits = "An edit waits: Fork here takes it, Drop edit drops it";
      expect(acts.map((act) => [act.disabled, act.title])).toEqual([
        [true, waits],
        [true, waits],
      ]);
      expect(acts[0]?.classList).not.toContain("na-primary");
    }
    await click(at, "button", "Drop edit");
    expect((get(at, "button", "Run") as HTMLButtonElement).disabled).toBe(false);
  });

  it("neither retries nor runs a step again while an edit waits", async () => {
    await slide(4);
    const again = get(at, "button", "Re-run this step") as HTMLButtonElement;
    await click(at, "button", "Edit prompt");
    await type(get(at, "textbox", "prompt"), "write hello world in rust");
    expect([again.disabled, (get(at, "button", "Retry") as HTMLButtonElement).disabled]).toEqual([
      true,
      true,
    ]);
  });

  it("keeps an edit whose fork was refused", async () => {
    source.replies.fork = { error: "The store cannot be written." };
    await slide(4);
    await click(at, "button", "Edit prompt");
    await type(get(at, "textbox", "prompt"), "write hello world in rust");
    await click(at, "button", "Fork here");
    expect(find(at, "textbox", "prompt")).toBeTruthy();
  });

  it("keeps an edit with its step", async () => {
    await slide(4);
    await click(at, "button", "Edit prompt");
    await slide(5);
    expect(find(at, "textbox", "prompt")).toBeNull();
    await slide(4);
    expect(find(at, "textbox", "prompt")).toBeTruthy();
  });

  it("runs at once where nothing has to be asked", async () => {
    const made = rested();
    await open({ ...made, inputs: [] });
    await click(at, "button", "Step");
    expect(source.commands()).toEqual([{ do: "step", run: made.run, inputs: {} }]);
  });

  it("asks for the inputs first, and sends those that were given", async () => {
    await open(rested());
    await click(at, "button", "Run");
    expect((get(at, "button", "Start") as HTMLButtonElement).disabled).toBe(true);
    await type(get(at, "textbox", /^prompt/), "draw a pen");
    await press(get(at, "textbox", /^prompt/), "Enter");
    expect(source.commands()).toEqual([{ do: "run", run: rested().run, inputs: { prompt: "draw a pen" } }]);
    expect(find(at, "form", "Inputs for prompt")).toBeNull();
  });

  it("gives JSON as what it says, but not where a text is asked for", async () => {
    await open(rested());
    await click(at, "button", "Run");
    await type(get(at, "textbox", /prompt/), "3");
    await type(get(at, "textbox", /tone/), '{"a": 1}');
    await click(at, "button", "Start");
    const inputs = { prompt: "3", tone: { a: 1 } };
    expect(source.commands()).toEqual([{ do: "run", run: rested().run, inputs }]);
  });

  it("says what an input has to be, and takes nothing else", async () => {
    const inputs = [{ name: "times", required: false, type: "a whole number" as const }];
    await open({ ...rested(), inputs });
    await click(at, "button", "Run");
    const field = get(at, "textbox", "times a whole number, optional");
    for (const text of ["abc", "1.5", "true", '"1"']) {
      await type(field, text);
      expect(get(at, "textbox", "times This is not a whole number yet.").getAttribute("aria-invalid")).toBe(
        "true",
      );
      expect((get(at, "button", "Start") as HTMLButtonElement).disabled).toBe(true);
    }
    await type(field, "3");
    await click(at, "button", "Start");
    expect(source.commands()).toEqual([{ do: "run", run: overview().run, inputs: { times: 3 } }]);
  });

  it("goes back from the form to its button with Escape", async () => {
    await open(rested());
    await click(at, "button", "Step");
    await press(get(at, "textbox", /prompt/), "Escape");
    expect(document.activeElement?.textContent).toBe("Step");
  });

  it("runs a fork from the past, and says so first", async () => {
    await open(rested());
    await slide(4);
    expect(at.querySelector(".na-banner")?.textContent).toContain("Run, Step and Fork here make a new run");
    expect(at.querySelector("header")?.textContent).not.toContain("next");
    expect(get(at, "button", "Step").title).toBe("Run response alone, in a fork from step 4");
    await click(at, "button", "Step");
    expect(source.commands()).toEqual([{ do: "step", run: overview().run, seq: 4, inputs: {} }]);
  });

  it("does not say that a run goes on which has come to rest before the answer", async () => {
    await open(rested());
    let answer: (reply: object) => void = () => {};
    source.replies.step = new Promise((resolve) => {
      answer = resolve;
    });
    await doing(() => void viewer.run("step", {}));
    const going = progress();
    await doing(() => source.say({ ...going, run: { ...going.run, status: "completed", next: "prompt" } }));
    await doing(() => answer({ overview: overview(), said: "chat-7f3a runs" }));
    expect(status()).toBe("chat-7f3a halted");
  });

  it("retries", async () => {
    source.replies.retry = { error: "The image action failed again." };
    await click(at, "button", "Retry");
    const { run } = overview();
    expect(source.commands()).toEqual([
      { do: "price", run },
      { do: "retry", run },
    ]);
    expect(status()).toBe("The image action failed again.");
  });

  it("says that a command waits for the cell", async () => {
    let answer: (reply: object) => void = () => {};
    source.replies.retry = new Promise((resolve) => {
      answer = resolve;
    });
    await click(at, "button", "Retry");
    await doing(() => tick(320));
    expect(status()).toBe("queued until the cell ends");
    await doing(() => answer({ said: "done" }));
    expect(status()).toBe("done");
  });

  it("says after twenty seconds what is known of it, and keeps it queued", async () => {
    let answer: (reply: object) => void = () => {};
    source.replies.retry = new Promise((resolve) => {
      answer = resolve;
    });
    vi.useFakeTimers();
    void viewer.goOn("retry");
    await vi.advanceTimersByTimeAsync(20_000);
    vi.useRealTimers();
    await doing(() => {});
    expect(status()).toMatch(/^no answer yet: it may still happen when the cell ends/);
    expect((get(at, "button", "Run") as HTMLButtonElement).disabled).toBe(true);
    await doing(() => answer({}));
    expect([status(), viewer.looks.waiting]).toEqual(["", null]);
  });

  it("takes commands again where the kernel is gone", async () => {
    const model = new FakeModel();
    model.send = () => {
      throw new Error("Cannot send");
    };
    viewer = new Viewer(new LiveSource(model), rested());
    at = show(<Panel viewer={viewer} />);
    await doing(() => viewer.run("step", {}));
    expect([status(), viewer.looks.waiting]).toEqual([GONE, null]);
    await doing(() => viewer.hold("pause"));
    expect([status(), viewer.looks.asked]).toEqual([GONE, null]);
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

describe("a run that goes on", () => {
  beforeEach(() => open());

  it("moves the view with it", async () => {
    const made = { ...progress(), n: 1 };
    made.run = { ...made.run, status: "running", head: 11 };
    made.run.steps = [{ ...made.run.steps[0], seq: 11, action: "response", status: "running" } as never];
    made.detail = null;
    await doing(() => source.say(made));
    expect(slider().getAttribute("aria-valuetext")).toBe("step 11 of 11: response, running");
  });

  it("moves the slider with each message, and draws the lanes with those that tell a step whole", async () => {
    const dots = (): number => at.querySelectorAll(".na-lane .na-dot").length;
    const before = dots();
    const going = (n: number, whole: boolean): Progress => {
      const made = { ...progress(), n, detail: whole ? detail() : null };
      const step = { ...made.run.steps[0], seq: 10 + n, status: "running" } as Step;
      return { ...made, run: { ...made.run, status: "running", head: step.seq, steps: [step] } };
    };
    await doing(() => source.say(going(1, false)));
    expect([slider().max, dots()]).toEqual(["11", before]);
    await doing(() => source.say(going(2, true)));
    expect([slider().max, dots()]).toEqual(["12", before + 2]);
  });

  it("says when it has come to rest", async () => {
    const going = progress();
    await doing(() => source.say(going));
    await doing(() =>
      source.say({ ...going, n: 2, run: { ...going.run, status: "completed", next: "prompt" } }),
    );
    expect(status()).toBe("chat-7f3a halted");
  });

  it("leaves the view where one looks at the past", async () => {
    await slide(4);
    const made = { ...progress(), n: 1 };
    made.run = { ...made.run, steps: [{ ...made.run.steps[0], seq: 11 } as never] };
    await doing(() => source.say(made));
    expect([slider().value, slider().max]).toEqual(["4", "11"]);
  });

  it("shows the text as it comes", async () => {
    await click(at, "tab", "State");
    await doing(() => source.say({ ...progress(), n: 1, text: "Once upon" }));
    expect(at.querySelector(".na-writing")?.textContent).toContain("Once upon");
  });

  it("asks for the overview when a message was missed", async () => {
    await doing(() => source.say({ ...progress(), n: 5 }));
    expect(source.commands()).toEqual([{ do: "overview" }]);
  });

  it("takes several messages that were sent as one", async () => {
    await doing(() => source.say({ ...progress(), first: 1, n: 5 }));
    expect(source.commands()).toEqual([]);
  });

  it("passes over what it knows already", async () => {
    await open({ ...overview(), n: 9 });
    await doing(() => source.say({ ...progress(), n: 9, text: "old" }));
    expect(viewer.looks.text).toBe("");
  });
});
