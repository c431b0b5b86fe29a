import { beforeEach, describe, expect, it } from "vitest";
import type { Viewer } from "../src/viewer.ts";
import { opened } from "./opened.tsx";
import { click, doing, find, get, type } from "./screen.ts";
import { detailAt, type FakeSource } from "./story.ts";

let source: FakeSource;
let viewer: Viewer;
let at: HTMLElement;

beforeEach(async () => {
  ({ source, viewer, at } = await opened());
});

const lookAt = (seq: number | null): Promise<void> => doing(() => viewer.moveToSeq(seq));

describe("the past of a failed run", () => {
  it("is shown by its state, where nobody chose another tab than the error's", async () => {
    const chosen = (): string[] =>
      ["Error", "State"].filter((name) => get(at, "tab", name).getAttribute("aria-selected") === "true");
    expect(chosen()).toEqual(["Error"]);
    await lookAt(4);
    expect(chosen()).toEqual(["State"]);
  });

  it("offers a fork from there, and Retry only at the failed step", async () => {
    const run = (): HTMLElement => get(at, "button", "Run");
    expect([run().className.includes("na-primary"), !!find(at, "button", "Retry")]).toEqual([false, true]);
    await lookAt(4);
    expect([run().className.includes("na-primary"), !!find(at, "button", "Retry")]).toEqual([true, false]);
  });
});

describe("the inputs that were typed for an action", () => {
  const asks = [{ name: "tone", required: false, type: "text" as const }];

  beforeEach(async () => {
    source.replies.detail = { detail: { ...detailAt(viewer.point.run, 4), asks } };
    await lookAt(4);
    await click(at, "button", "Run");
    await type(get(at, "textbox", /^tone/), "dry");
  });

  it("are not given to another place", async () => {
    await lookAt(5);
    expect(find(at, "button", "Start")).toBeNull();
  });

  it("do not open again by themselves as one comes back", async () => {
    await lookAt(5);
    await lookAt(4);
    expect(find(at, "button", "Start")).toBeNull();
  });
});

describe("the start of a run", () => {
  it("marks in the graph the action that Run goes on with", async () => {
    source.replies.detail = {
      detail: { ...detailAt(viewer.point.run, null), next: null, goesOn: "prompt" },
    };
    await lookAt(null);
    expect(at.querySelector(".na-next")?.getAttribute("data-node")).toBe("prompt");
    expect(get(at, "button", "Run").title).toBe("Run on from prompt, in a fork from the start");
  });
});
