import { afterEach, describe, expect, it, vi } from "vitest";
import { GONE, LiveSource, StoredSource } from "../src/source.ts";
import { FakeModel, overview, page, progress, progressWire } from "./story.ts";

describe("a live source", () => {
  it("finds each answer by its id, in any order", async () => {
    const model = new FakeModel();
    const source = new LiveSource(model);
    const [first, second] = [source.request({ do: "retry", run: "r" }), source.request({ do: "overview" })];
    for (const { id, do: what } of [...model.sent].reverse()) model.emit("msg:custom", { id, said: what });
    expect([(await first).said, (await second).said]).toEqual(["retry", "overview"]);
  });

  it("hands progress to who listens, until they stop", () => {
    const model = new FakeModel();
    const heard: number[] = [];
    const stop = new LiveSource(model).subscribe((message) => heard.push(message.n));
    model.emit("msg:custom", progressWire());
    stop();
    model.emit("msg:custom", progressWire());
    expect(heard).toEqual([progress().n]);
  });

  it("leaves no listener", () => {
    const model = new FakeModel();
    new LiveSource(model).close();
    expect(model.heard).toBe(0);
  });
});

describe("a kernel that answers no more", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const errorAfter = async (seconds: number, status?: string): Promise<string | undefined> => {
    vi.useFakeTimers();
    let error: string | undefined;
    const source = new LiveSource(new FakeModel(), () => ({ status }));
    void source.request({ do: "overview" }).then((reply) => {
      error = reply.error;
    });
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    source.close();
    return error;
  };

  it("is told of after three idle seconds", async () => {
    expect([await errorAfter(2, "idle"), await errorAfter(3, "idle")]).toEqual([undefined, GONE]);
  });

  it("is waited for while it is busy", async () => {
    expect(await errorAfter(600, "busy")).toBeUndefined();
  });

  it("is waited for where its status is not known", async () => {
    expect(await errorAfter(600)).toBeUndefined();
  });

  it("is told of at once where nothing can be sent to it", async () => {
    const model = new FakeModel();
    const source = new LiveSource(model);
    const before = source.request({ do: "overview" });
    model.send = () => {
      throw new Error("Cannot send");
    };
    const after = source.request({ do: "retry", run: "r" });
    expect([(await before).error, (await after).error]).toEqual([GONE, GONE]);
  });
});

describe("a page's own data", () => {
  const source = new StoredSource(page());

  it("answers with what it holds", async () => {
    expect((await source.request({ do: "detail", run: overview().run, seq: 10 })).detail?.action).toBe(
      "generate_image",
    );
    expect((await source.request({ do: "overview" })).overview?.run).toBe(overview().run);
  });

  it("says what it does not hold", async () => {
    expect((await source.request({ do: "detail", run: "no", seq: 1 })).error).toBe(
      "This step's details are not part of this page.",
    );
  });

  it("takes no command", async () => {
    expect(source.live).toBe(false);
    expect((await source.request({ do: "retry", run: "r" })).error).toContain("no kernel");
  });
});
