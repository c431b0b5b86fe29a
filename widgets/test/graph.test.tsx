import { describe, expect, it } from "vitest";
import { pathOf } from "../src/timeline.ts";
import { GraphView } from "../src/views/graph.tsx";
import { huesOf } from "../src/views/hues.ts";
import { transformOf, zoomed } from "../src/views/zoom.ts";
import { VisitCounter, visitBefore } from "../src/visits.ts";
import type { GraphWire } from "../src/wire.ts";
import { find, get, names, press, show } from "./screen.ts";
import { overview } from "./story.ts";

function draw(at: number, graph: GraphWire = overview().graph) {
  const points = pathOf(overview());
  const picked: string[] = [];
  const drawn = show(
    <GraphView
      graph={graph}
      visits={new VisitCounter().of(points, at)}
      step={points[at]?.step ?? null}
      next="generate_image"
      hues={huesOf(graph)}
      onPick={(action) => picked.push(action)}
    />,
  );
  return { drawn, picked };
}

describe("the graph", () => {
  it("names each action with its status and visits", () => {
    expect(names(draw(11).drawn, "button")).toEqual(
      expect.arrayContaining([
        "action prompt, completed, 3 visits",
        "action generate_image, failed, 1 visit, edited since",
        "action prompt_for_more, not visited",
      ]),
    );
  });

  it("counts visits up to the step in view", () => {
    expect(find(draw(5).drawn, "button", "action prompt, completed, 2 visits")).toBeTruthy();
  });

  it("marks the step in view, what comes next and the edge that was taken", () => {
    const { drawn } = draw(10);
    expect(drawn.querySelector(".na-current")?.getAttribute("aria-label")).toContain("decide_mode");
    expect(drawn.querySelector(".na-next")?.getAttribute("aria-label")).toContain("generate_image");
    expect(drawn.querySelector(".na-taken title")?.textContent).toBe("prompt → decide_mode, taken 3 times");
  });

  it("is worked with the keyboard", async () => {
    const { drawn, picked } = draw(11);
    await press(get(drawn, "button", "action prompt, completed, 3 visits"), "Enter");
    expect(picked).toEqual(["prompt"]);
  });

  it("is a readable list where nothing could lay it out", () => {
    const { drawn } = draw(11, { ...overview().graph, laidOut: false });
    expect(drawn.querySelector("svg.na-drawing")).toBeNull();
    expect(get(drawn, "list", "Graph").textContent).toContain("→ generate_image if mode=generate_image");
  });

  it("finds an action's earlier visits, and begins again with its last", () => {
    const points = pathOf(overview());
    expect([11, 9, 5, 1].map((at) => visitBefore(points, at, "prompt"))).toEqual([9, 5, 1, 9]);
    expect(visitBefore(points, 5, "prompt_for_more")).toBe(-1);
  });

  it("zooms about a point, which stays where it is", () => {
    const whole = { x: 0, y: 0, width: 100, height: 50 };
    expect(zoomed(whole, whole, 0.5, 100, 50)).toEqual({ x: 50, y: 25, width: 50, height: 25 });
  });

  it("zooms a large drawing until its nodes can be read", () => {
    const whole = { x: 0, y: 0, width: 3000, height: 11_000 };
    expect(zoomed(whole, whole, 0.001, 0, 0)).toEqual({ x: 0, y: 0, width: 60, height: 220 });
  });

  it("puts the window's corners where those of the whole are", () => {
    const whole = { x: -10, y: -5, width: 100, height: 50 };
    expect(transformOf(whole, whole)).toBe("translate(0px, 0px) scale(1)");
    expect(transformOf({ x: 40, y: 20, width: 50, height: 25 }, whole)).toBe(
      "translate(-90px, -45px) scale(2)",
    );
  });

  it("is zoomed by its buttons, and put back", () => {
    const { drawn } = draw(11);
    const world = drawn.querySelector<SVGGElement>(".na-world");
    get(drawn, "button", "Zoom in").click();
    expect(world?.style.transform).toContain("scale(1.3");
    get(drawn, "button", "Fit graph").click();
    expect(world?.style.transform).toBe("translate(0px, 0px) scale(1)");
  });
});
