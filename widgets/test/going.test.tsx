import { beforeEach, describe, expect, it } from "vitest";
import type { Overview, Progress, Step } from "../src/model.ts";
import type { Viewer } from "../src/viewer.ts";
import { opened, slide, slider, status } from "./opened.tsx";
import { click, doing } from "./screen.ts";
import { detail, type FakeSource, overview, progress } from "./story.ts";

let source: FakeSource;
let viewer: Viewer;
let at: HTMLElement;

async function open(shown?: Overview): Promise<void> {
  ({ source, viewer, at } = await opened(shown));
}

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

  it("says what runs, and not also that it comes next", async () => {
    await doing(() => source.say({ ...progress(), run: { ...progress().run, next: "judge" } }));
    const said = at.querySelector("header")?.textContent;
    expect(said).toContain("running judge");
    expect(said).not.toContain("next");
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

  it("shows it where it will stand: below the chat, and before the other keys", async () => {
    await click(at, "tab", "State");
    await doing(() => source.say({ ...progress(), n: 1, text: "Once upon" }));
    const chat = at.querySelector(".na-row:has(.na-chat)");
    expect(chat?.nextElementSibling).toBe(at.querySelector(".na-writing"));
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
