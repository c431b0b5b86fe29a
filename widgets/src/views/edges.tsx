import { counted } from "../format.ts";
import type { Step } from "../model.ts";
import { edgeKey, type Visits } from "../visits.ts";
import type { EdgeWire } from "../wire.ts";

/** How often an edge was taken: under its label, or on its line. */
const Taken = ({ edge, times }: { edge: EdgeWire; times: number }) => (
  <text
    class="na-taken-times"
    x={edge.labelX}
    y={edge.labelY + (edge.label === "" ? 0 : 13)}
    style={edge.side && { textAnchor: edge.side }}
  >
    ×{times}
  </text>
);

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
  visits: Visits;
  /** The step in view. */
  step: Step | null;
}

const isTaken = (edge: EdgeWire, step: Step | null): boolean =>
  edge.source === step?.source && edge.target === step.action;

/** An arrow: lit where the run has been, on top and blue where the step in view came from. */
export function Edge({ edge, visits, step }: EdgeProps) {
  const times = visits.edges.get(edgeKey(edge.source, edge.target)) ?? 0;
  const whole = edge.whole ? `\n${edge.whole}` : "";
  return (
    <g class={edgeClass(edge, times, isTaken(edge, step))}>
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
      {times > 1 && <Taken edge={edge} times={times} />}
    </g>
  );
}

/** The edges in drawing order, each with its own place: the one taken lies on top. */
export const inOrder = (edges: EdgeWire[], step: Step | null): [number, EdgeWire][] =>
  [...edges.entries()].sort(([, a], [, b]) => Number(isTaken(a, step)) - Number(isTaken(b, step)));
