/** A colour for each action, the same in the graph, on the slider and in the lanes. */
import type { GraphWire } from "../wire.ts";

const COLOURS = 8;

export type Hues = (action: string) => string;

/** Actions take the colours in the graph's order; one that the graph has no more is grey. */
export function huesOf(graph: GraphWire): Hues {
  const actions = graph.nodes.filter((node) => node.kind === "action");
  const places = new Map(actions.map((node, i) => [node.name, i % COLOURS]));
  return (action) => `na-hue-${places.get(action) ?? "none"}`;
}
