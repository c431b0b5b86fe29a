import { counted } from "../format.ts";
import type { Step } from "../model.ts";
import { edgeKey, type Visits } from "../visits.ts";
import type { EdgeWire, GraphWire } from "../wire.ts";

const NUMBERS = /-?\d+(?:\.\d+)?/g;

/** The middle of a line made of cubic curves. */
export function middleOf(path: string): { x: number; y: number } {
  const all = (path.match(NUMBERS) ?? []).map(Number);
  const curves = Math.max(1, Math.floor((all.length / 2 - 1) / 3));
  const first = Math.floor((curves - 1) / 2) * 6;
  const at = (i: number): number => all[first + i] ?? 0;
  if (curves % 2 === 0) return { x: at(6), y: at(7) };
  return {
    x: (at(0) + 3 * at(2) + 3 * at(4) + at(6)) / 8,
    y: (at(1) + 3 * at(3) + 3 * at(5) + at(7)) / 8,
  };
}

const NEAR = 60;

/** Where a line that runs back beside this one lies: -1 to the left of it, 1 to the right, 0 for nowhere. */
export function sideOfTwin(edge: EdgeWire, edges: EdgeWire[]): -1 | 0 | 1 {
  const twin = edges.find((other) => other.source === edge.target && other.target === edge.source);
  if (!twin || twin === edge) return 0;
  const here = middleOf(edge.path);
  const there = middleOf(twin.path);
  if (Math.abs(here.x - there.x) > NEAR || Math.abs(here.y - there.y) > NEAR) return 0;
  return there.x < here.x || (there.x === here.x && twin.source < edge.source) ? -1 : 1;
}

const ANCHORS = { [-1]: "start", 0: "middle", 1: "end" } as const;
const GAP = 6;

/** How often an edge was taken: under its label, on its line, or beside that where a twin is near. */
function Taken({ edge, edges, times }: { edge: EdgeWire; edges: EdgeWire[]; times: number }) {
  const side = edge.label === "" ? sideOfTwin(edge, edges) : 0;
  const place = edge.label === "" ? middleOf(edge.path) : { x: edge.labelX, y: edge.labelY + 13 };
  return (
    <text
      class="na-taken-times"
      x={place.x - side * GAP}
      y={place.y}
      style={side === 0 ? undefined : { textAnchor: ANCHORS[side] }}
    >
      ×{times}
    </text>
  );
}

function edgeClass(edge: EdgeWire, times: number, taken: boolean): string {
  const classes = [
    "na-edge-line",
    edge.conditional && "na-conditional",
    edge.caught && "na-caught",
    times > 0 && "na-visited",
    taken && "na-taken",
  ];
  return classes.filter(Boolean).join(" ");
}

interface EdgeProps {
  edge: EdgeWire;
  graph: GraphWire;
  visits: Visits;
  /** The step in view. */
  step: Step | null;
}

/** An arrow: lit where the run has been, on top and blue where the step in view came from. */
export function Edge({ edge, graph, visits, step }: EdgeProps) {
  const key = edgeKey(edge.source, edge.target);
  const times = visits.edges.get(key) ?? 0;
  const taken = step !== null && key === edgeKey(step.source, step.action);
  const whole = edge.whole ? `\n${edge.whole}` : "";
  return (
    <g class={edgeClass(edge, times, taken)}>
      <title>
        {`${edge.source} → ${edge.target}${times > 0 ? `, taken ${counted(times, "time")}` : ""}${whole}`}
      </title>
      <path class="na-line" d={edge.path} />
      <path class="na-head-shape" d={edge.head} />
      {edge.label !== "" && (
        <text x={edge.labelX} y={edge.labelY}>
          {edge.label}
        </text>
      )}
      {times > 1 && <Taken edge={edge} edges={graph.edges} times={times} />}
    </g>
  );
}

const isTaken = (edge: EdgeWire, step: Step | null): boolean =>
  step !== null && edge.source === step.source && edge.target === step.action;

/** The edges in drawing order, each with its own place: the one taken lies on top. */
export const inOrder = (edges: EdgeWire[], step: Step | null): [number, EdgeWire][] =>
  [...edges.entries()].sort(([, a], [, b]) => Number(isTaken(a, step)) - Number(isTaken(b, step)));
