import { describe, expect, it } from "vitest";
import { pathOf } from "../src/timeline.ts";
import { GraphView, nodeName } from "../src/views/graph.tsx";
import { huesOf } from "../src/views/hues.ts";
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
  it("does not call a step completed that only gave its record again", () => {
    const points = pathOf(overview()).map((point) => ({
      ...point,
      step: point.step && { ...point.step, served: true },
    }));
    const visits = new VisitCounter().of(points, 1);
    expect(nodeName("prompt", visits)).toBe("action prompt, served, not fired, 1 visit");
  });

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

  it("says in full what had to be cut short", () => {
    const graph = overview().graph;
    const nodes = graph.nodes.map((node) =>
      node.name === "prompt_for_more" ? { ...node, label: "prompt_for…" } : node,
    );
    const titles = draw(1, { ...graph, nodes }).drawn.querySelectorAll(".na-node > title");
    expect([...titles].map((title) => title.textContent)).toEqual(["prompt_for_more"]);
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

  it("takes breakpoints as a list too", async () => {
    const graph = { ...overview().graph, laidOut: false };
    const set: [string, string | null][] = [];
    const drawn = show(
      <GraphView
        graph={graph}
        visits={new VisitCounter().of([], 0)}
        step={null}
        next={null}
        hues={huesOf(graph)}
        onPick={() => {}}
        breakpoints={{ response: "" }}
        onBreak={(action, condition) => set.push([action, condition])}
      />,
    );
    const halting = get(drawn, "button", "action response, not visited, breakpoint");
    expect(halting.textContent).toBe("● response");
    for (const node of [halting, get(drawn, "button", "action prompt, not visited")]) await press(node, "b");
    expect(set).toEqual([
      ["response", null],
      ["prompt", ""],
    ]);
  });

  it("finds an action's earlier visits, and begins again with its last", () => {
    const points = pathOf(overview());
    expect([11, 9, 5, 1].map((at) => visitBefore(points, at, "prompt"))).toEqual([9, 5, 1, 9]);
    expect(visitBefore(points, 5, "prompt_for_more")).toBe(-1);
  });

  it("is zoomed by its buttons, and put back", () => {
    const { drawn } = draw(11);
    const svg = drawn.querySelector<SVGSVGElement>(".na-drawing");
    get(drawn, "button", "Zoom in").click();
    expect(svg?.style.transform).toContain("scale(1.3)");
    get(drawn, "button", "Fit graph").click();
    expect(svg?.style.transform).toContain("scale(1)");
  });
});
