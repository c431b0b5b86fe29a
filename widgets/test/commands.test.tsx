import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Overview } from "../src/model.ts";
import { GONE, LiveSource } from "../src/source.ts";
import { Viewer } from "../src/viewer.ts";
import { Panel } from "../src/views/panel.tsx";
import { opened, slide, status } from "./opened.tsx";
import { click, doing, find, get, press, show, type } from "./screen.ts";
import { FakeModel, type FakeSource, overview, progress, rested, tick } from "./story.ts";

let source: FakeSource;
let viewer: Viewer;
let at: HTMLElement;

async function open(shown?: Overview): Promise<void> {
  ({ source, viewer, at } = await opened(shown));
}

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

  it.each([
    [4, "Re-run this step"],
    [10, "Retry"],
  ])("at step %i with an edit waiting does not %s", async (seq, name) => {
    await slide(seq);
    await click(at, "tab", "State");
    await click(at, "button", "Edit response");
    await type(get(at, "textbox", "response"), '"edited"');
    expect((get(at, "button", name) as HTMLButtonElement).disabled).toBe(true);
  });

  it("keeps an edit whose fork was refused", async () => {
    source.replies.fork = { error: "The store cannot be written." };
    await slide(4);
    await click(at, "button", "Edit prompt");
    await type(get(at, "textbox", "prompt"), "write hello world in rust");
    await click(at, "button", "Fork here");
    expect(find(at, "textbox", "prompt")).toBeTruthy();
  });

  it("keeps what is edited while a fork is made, there and at another step", async () => {
    let answer: (reply: object) => void = () => {};
    source.replies.fork = new Promise((resolve) => {
      answer = resolve;
    });
    await slide(4);
    for (const name of ["Edit prompt", "Edit response"]) await click(at, "button", name);
    await type(get(at, "textbox", "prompt"), "forked");
    await click(at, "button", "Fork here");
    await type(get(at, "textbox", "response"), '"typed since"');
    await slide(5);
    await click(at, "button", "Edit prompt");
    await type(get(at, "textbox", "prompt"), "another");
    await doing(() => answer({}));
    expect((get(at, "textbox", "prompt") as HTMLTextAreaElement).value).toBe("another");
    await slide(4);
    expect(find(at, "textbox", "prompt")).toBeNull();
    expect((get(at, "textbox", "response") as HTMLTextAreaElement).value).toBe('"typed since"');
  });

  it("copies a value, text as it is and anything else as JSON", async () => {
    await click(at, "tab", "State");
    await click(at, "button", "Copy prompt");
    expect(await navigator.clipboard.readText()).toBe("draw a pen");
    await click(at, "button", "Copy chat_history");
    expect(await navigator.clipboard.readText()).toMatch(/^\[\n {2}\{\n {4}"role": "user"/);
  });

  it("keeps an edit with its step, and says elsewhere that it waits there", async () => {
    await slide(4);
    await click(at, "button", "Edit prompt");
    await slide(5);
    expect([find(at, "textbox", "prompt"), status()]).toEqual([null, ""]);
    await slide(4);
    await type(get(at, "textbox", "prompt"), "edited");
    expect(status()).toBe("");
    await slide(5);
    expect(status()).toBe("An edit waits at chat-7f3a@4");
    await click(at, "button", "chat-7f3a@4");
    expect(viewer.point.seq).toBe(4);
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
