import { beforeEach, describe, expect, it } from "vitest";
import { FREE } from "../src/looks.ts";
import { Viewer } from "../src/viewer.ts";
import { Panel } from "../src/views/panel.tsx";
import type { ControlWire } from "../src/wire.ts";
import { status } from "./opened.tsx";
import { click, doing, find, get, press, show, type } from "./screen.ts";
import { control, FakeSource, overview, progress, tick } from "./story.ts";

let source: FakeSource;
let viewer: Viewer;
let at: HTMLElement;
const run = overview().run;

beforeEach(async () => {
  source = new FakeSource();
  viewer = new Viewer(source, overview());
  at = show(<Panel viewer={viewer} />);
  await doing(() => {});
});

const hear = (control: Partial<ControlWire>): Promise<void> =>
  doing(() => viewer.hear({ ...FREE, ...control }));

const disabled = (name: string): boolean => (get(at, "button", name) as HTMLButtonElement).disabled;
const pill = (): string => at.querySelector(".na-pill")?.textContent ?? "";
describe("a run at rest", () => {
  it("says where a command ended that had made its most steps, and not as a failure", async () => {
    await hear({ halted: "4 steps were made: Run goes on" });
    expect(status()).toBe("4 steps were made: Run goes on");
    expect(at.querySelector(".na-problem")).toBeNull();
  });

  it("cannot be paused or stopped", () => {
    expect(["Run", "Step", "Pause", "Stop"].map(disabled)).toEqual([false, false, true, true]);
  });

  it("says why the last command ended, where no step does", async () => {
    await hear({ trouble: "The run took 3 steps, its max_steps." });
    expect(status()).toBe("The run took 3 steps, its max_steps.");
  });

  it("says at which breakpoint it halted", async () => {
    const made = overview();
    Object.assign(made.runs[0] ?? {}, { status: "completed", next: "response" });
    await doing(() => viewer.show(made));
    await hear({ at: "response" });
    expect(pill()).toBe("halted at the breakpoint before response");
  });
});

describe("a run that goes on", () => {
  it("can be paused and stopped, and nothing else", async () => {
    await hear({ mode: "running" });
    expect(["Run", "Step", "Pause", "Stop"].map(disabled)).toEqual([true, true, false, false]);
    expect(find(at, "button", "Retry")).toBeNull();
    expect(pill()).toBe("running generate_image");
  });

  it("hears Pause", async () => {
    await hear({ mode: "running" });
    await click(at, "button", "Pause");
    expect(source.commands()).toEqual([{ do: "control", run, act: "pause" }]);
  });

  it("is told to stop and interrupted, where it blocks a cell", async () => {
    await hear({ mode: "running" });
    await click(at, "button", "Stop");
    expect(source.interrupts).toBe(1);
    expect(source.commands()).toEqual([{ do: "control", run, act: "stop" }]);
  });

  it("is told to stop and not interrupted beside the cells", async () => {
    await hear({ mode: "running", beside: true });
    await click(at, "button", "Stop");
    expect(source.interrupts).toBe(0);
    expect(source.commands()).toEqual([{ do: "control", run, act: "stop" }]);
  });

  it("says that it is stopping", async () => {
    await hear({ mode: "stopping", beside: true });
    expect(disabled("Stopping")).toBe(true);
    expect(pill()).toBe("stopping");
  });

  it("says on the button that a click waits for the cell", async () => {
    let answer: (reply: object) => void = () => {};
    source.replies = { control: new Promise((resolve) => (answer = resolve)) };
    await hear({ mode: "running" });
    await click(at, "button", "Pause");
    await doing(() => tick(350));
    expect(disabled("Pause queued")).toBe(true);
    expect(status()).toBe("queued until the cell ends");
    await doing(() => answer({}));
    expect(find(at, "button", "Pause queued")).toBeNull();
  });
});

describe("a run that is held", () => {
  beforeEach(() => hear({ mode: "paused", at: "response" }));

  it("says where, and can go on, step and stop", () => {
    expect(pill()).toBe("paused before response");
    expect(["Run", "Step", "Pause", "Stop"].map(disabled)).toEqual([false, false, true, false]);
  });

  it("goes on with Run", async () => {
    await click(at, "button", "Run");
    expect(source.commands()).toEqual([{ do: "control", run, act: "resume" }]);
  });

  it("makes one step with Step", async () => {
    await click(at, "button", "Step");
    expect(source.commands()).toEqual([{ do: "control", run, act: "step" }]);
  });
});

describe("breakpoints", () => {
  it("come from Python with all else that the page is told", async () => {
    expect(Object.keys(control()).sort()).toEqual(Object.keys(FREE).sort());
    await hear(control());
    await click(at, "button", "Breakpoints, 1 set");
    const field = get(at, "textbox", "Condition before generate_image") as HTMLInputElement;
    expect(field.value).toBe("len(chat_history) > 4");
  });

  it("are set by a click at a node and cleared by another", async () => {
    const mark = (): HTMLElement => get(at, "button", "breakpoint before response");
    const hit = (): Promise<void> =>
      doing(() => void mark().dispatchEvent(new MouseEvent("click", { bubbles: true })));
    await hit();
    await hear({ breakpoints: { response: "" } });
    expect(mark().getAttribute("aria-pressed")).toBe("true");
    await hit();
    expect(source.commands()).toEqual([
      { do: "break", action: "response", condition: "" },
      { do: "break", action: "response", condition: null },
    ]);
  });

  it("are set by the key b on a node, whose name then says so", async () => {
    await press(get(at, "button", /^action response/), "b");
    expect(source.commands()).toEqual([{ do: "break", action: "response", condition: "" }]);
    await hear({ breakpoints: { response: "" } });
    expect(get(at, "button", /^action response.*, breakpoint$/)).toBeTruthy();
  });

  it("are listed with their conditions, which can be changed", async () => {
    await hear({ breakpoints: { response: "n > 3" } });
    await click(at, "button", "Breakpoints, 1 set");
    const field = get(at, "textbox", "Condition before response") as HTMLInputElement;
    expect(field.value).toBe("n > 3");
    await type(field, "n > 4");
    await press(field, "Enter");
    await click(at, "button", "Clear the breakpoint before response");
    expect(source.commands()).toEqual([
      { do: "break", action: "response", condition: "n > 4" },
      { do: "break", action: "response", condition: null },
    ]);
  });

  it("keep their condition where another is refused, say so, and ask once", async () => {
    await hear({ breakpoints: { response: "n > 3" } });
    await click(at, "button", "Breakpoints, 1 set");
    source.replies.break = { error: "no condition" };
    const field = get(at, "textbox", "Condition before response");
    await type(field, "n >>> 3 (");
    await press(field, "Enter");
    await doing(() => void field.dispatchEvent(new FocusEvent("blur")));
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(field.parentElement?.textContent).toContain("not taken; it halts if n > 3");
    expect(source.commands()).toEqual([{ do: "break", action: "response", condition: "n >>> 3 (" }]);
    await type(field, "n > 3");
    expect(field.getAttribute("aria-invalid")).toBe("false");
  });

  it("can be added in the list", async () => {
    await click(at, "button", "Breakpoints, 0 set");
    const choice = get(at, "combobox", "Add a breakpoint before") as HTMLSelectElement;
    await doing(() => {
      choice.value = "response";
      choice.dispatchEvent(new Event("change", { bubbles: true }));
    });
    expect(source.commands()).toEqual([{ do: "break", action: "response", condition: "" }]);
  });
});

describe("the budget", () => {
  it("is set in the toolbar", async () => {
    await click(at, "button", "Budget, no limit");
    await type(get(at, "textbox", "Most LLM calls"), "5");
    await type(get(at, "textbox", "Most US dollars"), "0.2");
    await click(at, "button", "Set");
    expect(source.commands()).toEqual([{ do: "limit", maxCalls: 5, maxCost: 0.2 }]);
    await hear({ maxCalls: 5, maxCost: 0.2 });
    expect(get(at, "button", "Budget, ≤ 5 calls, ≤ $0.2")).toBeTruthy();
  });

  it("takes no half a call", async () => {
    await click(at, "button", "Budget, no limit");
    await type(get(at, "textbox", "Most LLM calls"), "1.5");
    expect(disabled("Set")).toBe(true);
  });
});

describe("what cannot be taken back", () => {
  it("is fired again where one allows it", async () => {
    await hear({ allow: true, trouble: "send was fired already." });
    expect(get(at, "alert").textContent).toContain("send was fired already.");
    await click(at, "button", "Allow effects");
    expect(source.commands()).toEqual([{ do: "allow", run }]);
  });
});

describe("the chat", () => {
  const chat = { input: "prompt", output: null };

  const open = async (): Promise<HTMLElement> => {
    await hear({ chat });
    await click(at, "tab", "Chat");
    return get(at, "textbox", "Message");
  };

  /** The fixture's run as if its last step had gone well. */
  const rest = (): Promise<void> =>
    doing(() => {
      const made = overview();
      Object.assign(made.runs[0] ?? {}, { status: "completed", next: "prompt" });
      viewer.show(made);
    });

  it("has a tab only where an action takes an input", async () => {
    expect(find(at, "tab", "Chat")).toBeNull();
    await hear({ chat });
    expect(find(at, "tab", "Chat")).toBeTruthy();
  });

  it("shows what was said as bubbles", async () => {
    await open();
    expect(get(at, "log", "Conversation").querySelectorAll(".na-bubble").length).toBe(5);
  });

  it("sends a message with Enter as the input, and shows it at once", async () => {
    await rest();
    const box = await open();
    await type(box, "draw a pen");
    await press(box, "Enter");
    expect(source.commands()).toEqual([{ do: "run", run, inputs: { prompt: "draw a pen" } }]);
    await hear({ chat, mode: "running", beside: true });
    expect(get(at, "log", "Conversation").textContent).toContain("draw a pen");
    expect((box as HTMLTextAreaElement).value).toBe("");
  });

  it("shows the answer as it comes, and takes no message meanwhile", async () => {
    await rest();
    await open();
    await hear({ chat, mode: "running", beside: true });
    await doing(() => source.say({ ...progress(), text: "It is a p" }));
    expect(at.querySelector(".na-writing")?.textContent).toContain("It is a p");
    await press(get(at, "textbox", "Message"), "Enter");
    expect(find(at, "button", "Send")).toBeNull();
  });

  it("can end the answer that is being written", async () => {
    await rest();
    await open();
    await hear({ chat, mode: "running", beside: true });
    await doing(() => get(get(at, "tabpanel"), "button", "Stop").click());
    expect(source.commands().at(-1)).toEqual({ do: "control", run, act: "stop" });
  });

  it("takes no message while an edit waits for its fork", async () => {
    await rest();
    await open();
    await click(at, "tab", "State");
    await click(at, "button", "Edit prompt");
    await type(get(at, "textbox", "prompt"), "draw a cat");
    await click(at, "tab", "Chat");
    await type(get(at, "textbox", "Message"), "draw a pen");
    expect(disabled("Send")).toBe(true);
    expect(at.textContent).toContain("An edit waits in State: Fork here takes it.");
  });

  it("offers Retry where the run failed", async () => {
    await open();
    const box = get(at, "log", "Conversation").parentElement as HTMLElement;
    expect(box.textContent).toContain("The run failed at generate_image.");
    await click(box, "button", "Retry");
    expect(source.commands()).toEqual([{ do: "retry", run }]);
  });

  it("stands alone", async () => {
    at = show(<Panel viewer={viewer} part="chat" />);
    await hear({ chat });
    expect(get(at, "textbox", "Message")).toBeTruthy();
    expect(find(at, "slider", "Step")).toBeNull();
  });
});
