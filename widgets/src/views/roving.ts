/** Going from node to node of the graph by arrows. */
import type { NodeWire } from "../wire.ts";

type Way = readonly [number, number];

export const WAYS: Record<string, Way> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/** No graph is as wide as this, so that a row counts more than any place in it. */
const ROW = 1e6;

/** The action that comes next in a direction: of the nearest row there, the nearest; the same where there is none. */
export function nearest(nodes: NodeWire[], from: NodeWire, [x, y]: Way): NodeWire {
  const far = (to: NodeWire): number => ROW * Math.abs(to.y - from.y) + Math.abs(to.x - from.x);
  const [first = from] = nodes
    .filter((to) => to.kind === "action" && (to.x - from.x) * x + (to.y - from.y) * y > 0)
    .sort((a, b) => far(a) - far(b));
  return first;
}
