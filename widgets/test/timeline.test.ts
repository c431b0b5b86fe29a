import { describe, expect, it } from "vitest";
import type { Step } from "../src/model.ts";
import { ticksOf, withRoom } from "../src/ticks.ts";
import { advanced, grown, lanesOf, misses, pathOf } from "../src/timeline.ts";
import { VisitCounter } from "../src/visits.ts";
import { overview, progress } from "./story.ts";

function steps(n: number): Step[] {
  const [one] = progress().run.steps;
  return Array.from({ length: n }, (_, seq) => ({ ...one, seq }) as Step);
}

describe("the path of a run", () => {
  it("ends where the fork leaves its parent", () => {
    const made = overview();
    expect(pathOf(made, made.runs[1]?.id).map((point) => point.seq)).toEqual([null, 0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("of a fork from the initial state has none of its parent's steps", () => {
    const made = overview();
    Object.assign(made.runs[1] ?? {}, { forkedAt: null });
    expect(pathOf(made, made.runs[1]?.id).map((point) => point.seq)).toEqual([null, 5, 6, 7]);
  });

  it("grows by the steps of a message as it is found anew", () => {
    const message = progress();
    message.run.steps = [9, 10, 11].map((seq) => ({ ...message.run.steps[0], seq }) as Step);
    const made = overview();
    expect(grown(pathOf(made), made.run, message)).toEqual(pathOf(advanced(made, message)));
  });

  it("does not grow by the steps of another run", () => {
    const points = pathOf(overview(), overview().runs[1]?.id);
    expect(grown(points, overview().runs[1]?.id ?? "", progress())).toBe(points);
  });

  it("says at which place each lane begins", () => {
    expect(lanesOf(overview()).map((lane) => [lane.offset, lane.depth])).toEqual([
      [1, 0],
      [6, 1],
    ]);
  });
});

describe("progress", () => {
  it("replaces the steps that changed and adds the new ones", () => {
    const message = progress();
    message.run.steps = [10, 11].map(
      (seq) => ({ ...message.run.steps[0], seq, status: "completed" }) as Step,
    );
    const made = advanced(overview(), message);
    expect(made.runs[0]?.steps.slice(9).map((step) => [step.seq, step.status])).toEqual([
      [9, "completed"],
      [10, "completed"],
      [11, "completed"],
    ]);
  });

  it("of another run leaves the totals of the one in view", () => {
    const message = progress();
    message.run.id = "another";
    const made = advanced(overview(), { ...message, totals: { ...message.totals, calls: 99 } });
    expect(made.totals).toEqual(overview().totals);
    expect(made.runs.at(-1)?.id).toBe("another");
  });

  it("is missed where a number is", () => {
    expect([1, 2].map((n) => misses({ ...overview(), n: 0 }, { ...progress(), n }))).toEqual([false, true]);
  });
});

describe("ticks", () => {
  it("are one a step while there is room", () => {
    expect(ticksOf(steps(17), 1, 18).length).toBe(17);
  });

  it("stay few for ten thousand steps, and a failed one is not hidden", () => {
    const many = steps(10_000);
    Object.assign(many[4321] ?? {}, { status: "failed" });
    const ticks = ticksOf(many, 1, 10_001);
    expect(ticks.length).toBeLessThanOrEqual(240);
    expect(ticks.filter((tick) => tick.step.status === "failed").length).toBe(1);
  });

  it("name an action where they stand for that alone", () => {
    const many = steps(480).map((step, i) => ({ ...step, action: i < 240 ? "one" : `${i % 2}` }));
    const ticks = ticksOf(many, 1, 480);
    expect([ticks.at(0)?.action, ticks.at(-1)?.action]).toEqual(["one", ""]);
  });
});

describe("the scale of a run that grows", () => {
  it("is exact for a short run and stays the same for a while for a long one", () => {
    expect([2, 11, 13, 31].map(withRoom)).toEqual([2, 11, 14, 32]);
    expect([8200, 8300, 8600, 8704].map(withRoom)).toEqual([9216, 9216, 9216, 9216]);
    expect(withRoom(9217)).toBe(10240);
  });
});

describe("counting visits", () => {
  const asOf = (points: ReturnType<typeof pathOf>, at: number) => new VisitCounter().of(points, at);

  it("comes to the same wherever it went on from", () => {
    const points = pathOf(overview());
    const counter = new VisitCounter();
    for (const at of [3, 5, 4, 4, 0, 11, 2]) expect(counter.of(points, at)).toEqual(asOf(points, at));
  });

  it("sees what became of a step that ran", () => {
    const points = pathOf(overview());
    const counter = new VisitCounter();
    counter.of(points, 5);
    const changed = points.map((point, i) =>
      i === 5 && point.step ? { ...point, step: { ...point.step, status: "failed" as const } } : point,
    );
    expect(counter.of(changed, 5)).toEqual(asOf(changed, 5));
    expect(counter.of(changed, 7)).toEqual(asOf(changed, 7));
  });

  it("begins anew on another path", () => {
    const made = overview();
    const counter = new VisitCounter();
    counter.of(pathOf(made), 9);
    const other = pathOf(made, made.runs[1]?.id);
    expect(counter.of(other, 8)).toEqual(asOf(other, 8));
  });
});
