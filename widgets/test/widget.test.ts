import { afterEach, describe, expect, it } from "vitest";
import { embed } from "../src/embed.ts";
import { render } from "../src/widget.ts";
import { doing, find, get, names } from "./screen.ts";
import { detailAt, FakeModel, overview, overviewWire, page, pageRows, tick } from "./story.ts";

afterEach(() => document.body.replaceChildren());

async function open(model: FakeModel) {
  const el = document.body.appendChild(document.createElement("div"));
  let close = (): void => {};
  await doing(() => {
    close = render({ model, el });
  });
  return { el, close };
}

const slider = (el: HTMLElement): HTMLInputElement => get(el, "slider", "Step") as HTMLInputElement;

async function answerDetails(model: FakeModel): Promise<void> {
  await doing(() => {
    for (const ask of model.sent.splice(0))
      if (ask.do === "detail") model.emit("msg:custom", { id: ask.id, detail: detailAt(ask.run, ask.seq) });
  });
}

describe("the widget", () => {
  it("leaves no listener and no element when it is taken away", async () => {
    const model = new FakeModel();
    const { el, close } = await open(model);
    expect(model.heard).toBeGreaterThan(0);
    close();
    expect([model.heard, el.childElementCount]).toEqual([0, 0]);
  });

  it("marks the output that hides the static page", async () => {
    const { el } = await open(new FakeModel());
    expect(el.className).toBe("na-live");
  });

  it("tells the kernel where one looks", async () => {
    const model = new FakeModel();
    const { el } = await open(model);
    await answerDetails(model);
    await doing(() => {
      slider(el).value = "4";
      slider(el).dispatchEvent(new Event("input", { bubbles: true }));
    });
    await doing(() => tick(120));
    expect(model.get("place")).toEqual({ run: overview().run, seq: 4, follows: false, n: 0 });
  });

  it("tells a place with the number of the kernel's last one", async () => {
    const model = new FakeModel({ place: { run: overview().run, seq: 10, follows: true, n: 7 } });
    const { el } = await open(model);
    await answerDetails(model);
    await doing(() => {
      slider(el).value = "4";
      slider(el).dispatchEvent(new Event("input", { bubbles: true }));
    });
    await doing(() => tick(120));
    expect(model.get("place").n).toBe(7);
  });

  it("does not go back where an older place comes back from the kernel", async () => {
    const model = new FakeModel();
    const { el } = await open(model);
    await doing(() => model.set("place", { ...model.get("place"), seq: 4, follows: false, n: 2 }));
    await doing(() => model.set("place", { ...model.get("place"), seq: 9, follows: false, n: 1 }));
    expect(slider(el).value).toBe("4");
  });

  it("goes where the kernel looks", async () => {
    const model = new FakeModel();
    const { el } = await open(model);
    await doing(() => {
      model.set("place", { ...model.get("place"), seq: 2, follows: false, n: 1 });
    });
    expect(slider(el).value).toBe("2");
  });

  it("stays at the head where the kernel follows it and its place is an older one", async () => {
    const model = new FakeModel();
    const { el } = await open(model);
    await doing(() => model.set("place", { ...model.get("place"), seq: 2, n: 1 }));
    expect(slider(el).value).toBe("10");
    expect(model.get("place").follows).toBe(true);
  });

  it("opens where the kernel looks", async () => {
    const { el } = await open(
      new FakeModel({ place: { run: overview().run, seq: 3, follows: false, n: 0 } }),
    );
    expect(slider(el).value).toBe("3");
  });

  it("shows a newer overview of the kernel, not an older one", async () => {
    const model = new FakeModel({ overview: { ...overviewWire(), n: 5 } });
    const { el } = await open(model);
    await doing(() => model.set("overview", { ...overviewWire(), n: 4, project: "old" }));
    await doing(() => model.set("overview", { ...overviewWire(), n: 6, project: "new" }));
    expect(el.querySelector("header")?.textContent).toContain("new");
  });

  it("turns to the run that the kernel turned to, and gives it no command", async () => {
    const model = new FakeModel();
    await open(model);
    model.sent.splice(0);
    const fork = overview().runs[1]?.id ?? "";
    await doing(() => model.set("place", { ...model.get("place"), run: fork, n: 1 }));
    expect(model.sent.map((ask) => ask.do)).toEqual(["overview"]);
  });

  it("draws one part alone", async () => {
    const { el } = await open(new FakeModel({ part: "slider" }));
    expect(find(el, "slider", "Step")).toBeTruthy();
    expect(names(el, "tab")).toEqual([]);
  });
});

describe("an exported page", () => {
  it("shows its own data and has no commands", async () => {
    const data = document.createElement("script");
    data.id = "notebook-agent-data";
    data.type = "application/json";
    data.text = JSON.stringify(pageRows());
    const el = document.createElement("div");
    el.id = "notebook-agent";
    document.body.append(data, el);
    await doing(() => embed(document));
    expect(get(el, "status").textContent).toBe(page().note);
    expect([
      find(el, "button", "Run"),
      find(el, "button", "Fork here"),
      find(el, "button", "Edit prompt"),
    ]).toEqual([null, null, null]);
  });
});
