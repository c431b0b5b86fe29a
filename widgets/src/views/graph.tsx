import { Fragment } from "preact";
import { useMemo } from "preact/hooks";
import { became, counted } from "../format.ts";
import type { Box } from "../lens.ts";
import type { Step } from "../model.ts";
import type { Visits } from "../visits.ts";
import type { GraphWire, NodeWire } from "../wire.ts";
import { BreakMark, type Breakpoints, breakText, type OnBreak, toggled } from "./breaks.tsx";
import { Tool } from "./buttons.tsx";
import { Edge, inOrder } from "./edges.tsx";
import type { Hues } from "./hues.ts";
import { nearest, WAYS } from "./roving.ts";
import { useZoom } from "./zoom.ts";

export interface GraphProps {
  graph: GraphWire;
  visits: Visits;
  /** The step in view. */
  step: Step | null;
  /** The action that comes after it. */
  next: string | null;
  hues: Hues;
  onPick: (action: string) => void;
  breakpoints?: Breakpoints;
  /** Missing where none can be set. */
  onBreak?: OnBreak | undefined;
}

const NONE: Breakpoints = {};

const MARGIN = 10;
const SMALLEST = { width: 360, height: 260 };

/** The graph with a margin, and never drawn much larger than life. */
function wholeOf(graph: GraphWire): Box {
  const width = Math.max(graph.width + 2 * MARGIN, SMALLEST.width);
  const height = Math.max(graph.height + 2 * MARGIN, SMALLEST.height);
  return { x: (graph.width - width) / 2, y: (graph.height - height) / 2, width, height };
}

/** What a screen reader calls an action's node. */
export function nodeName(name: string, visits: Visits): string {
  const visit = visits.nodes.get(name);
  if (!visit) return `action ${name}, not visited`;
  const edited = visit.edited ? ", edited since" : "";
  return `action ${name}, ${became(visit)}, ${counted(visit.times, "visit")}${edited}`;
}

function nodeClass(name: string, { visits, step, next, hues }: GraphProps): string {
  const visit = visits.nodes.get(name);
  const classes = ["na-node", hues(name)];
  if (visit) classes.push("na-visited", `na-is-${visit.status}`);
  if (step?.action === name) classes.push("na-current");
  else if (next === name) classes.push("na-next");
  return classes.join(" ");
}

const onKeys =
  (keys: Record<string, (() => void) | undefined>) =>
  (event: KeyboardEvent): void => {
    const act = event.ctrlKey || event.metaKey ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

const Frame = ({ node }: { node: NodeWire }) => (
  <rect
    class="na-frame"
    x={node.x - node.width / 2}
    y={node.y - node.height / 2}
    width={node.width}
    height={node.height}
    rx={8}
  />
);

const InputNode = ({ node }: { node: NodeWire }) => (
  <g class="na-node na-input">
    <Frame node={node} />
    <text class="na-label" x={node.x} y={node.y}>
      {node.label}
    </text>
  </g>
);

/**
 * How often a node was visited; beside it and not in it, since it is no part of the button's name.
 * Neither it nor anything else that each node has is moved or faded as a group: a browser lays such
 * groups over each other anew in each frame of a move, which takes the square of their number.
 */
function Times({ node, times, tone }: { node: NodeWire; times: number; tone: string }) {
  const half = times > 99 ? 14 : 9;
  const [x, y] = [node.x + node.width / 2 - 4, node.y - node.height / 2 + 2];
  return (
    <g class={`na-times ${tone}`}>
      <rect x={x - half} y={y - 8} width={2 * half} height={16} rx={8} />
      <text x={x} y={y}>
        {times > 99 ? "99+" : times}
      </text>
    </g>
  );
}

/** The sign of code that was changed since, at the frame's lower corner. */
const Edited = ({ node }: { node: NodeWire }) => (
  <path
    class="na-edited-mark"
    transform={`translate(${node.x + node.width / 2 - 5} ${node.y + node.height / 2 - 1})`}
    d="M0-6 6 0 0 6-6 0Z"
  />
);

/** The node that one looks at: of the step in view, the one that comes next, or else the first. */
const currentNode = ({ graph: { nodes }, step, next }: GraphProps): NodeWire | null =>
  nodes.find((node) => node.name === (step?.action ?? next)) ??
  nodes.find((node) => node.kind === "action") ??
  null;

/** What an action's node is and does, drawn or in words; and what turns its breakpoint, where one can be set. */
function doingOf(name: string, props: GraphProps) {
  const { visits, breakpoints = NONE, onBreak, onPick } = props;
  const is = {
    class: nodeClass(name, props),
    "aria-label": nodeName(name, visits) + breakText(name, breakpoints),
    onClick: (): void => onPick(name),
  };
  return [is, onBreak && (() => onBreak(name, toggled(name, breakpoints)))] as const;
}

function ActionNode({ node, tabbed, ...props }: GraphProps & { node: NodeWire; tabbed: boolean }) {
  const visit = props.visits.nodes.get(node.name);
  const [is, turn] = doingOf(node.name, props);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button element cannot stand in a drawing
    <g
      role="button"
      tabindex={tabbed ? 0 : -1}
      data-node={node.name}
      {...is}
      onKeyDown={onKeys({ Enter: is.onClick, " ": is.onClick, b: turn })}
    >
      {node.label !== node.name && <title>{node.name}</title>}
      <Frame key={props.step?.seq} node={node} />
      <rect
        class="na-stripe"
        x={node.x - node.width / 2 + 6}
        y={node.y - node.height / 2 + 8}
        width={3}
        height={node.height - 16}
        rx={1.5}
      />
      <text class="na-label" x={node.x + 3} y={node.y}>
        {node.label}
      </text>
      {visit?.edited && <Edited node={node} />}
    </g>
  );
}

const Parts = (props: GraphProps & { current: NodeWire | null }) => (
  <>
    {inOrder(props.graph.edges, props.step).map(([i, edge]) => (
      <Edge key={i} edge={edge} visits={props.visits} step={props.step} />
    ))}
    {props.graph.nodes.map((node) =>
      node.kind === "input" ? (
        <InputNode key={node.name} node={node} />
      ) : (
        <Fragment key={node.name}>
          <ActionNode node={node} tabbed={node === props.current} {...props} />
          {props.onBreak && (
            <BreakMark node={node} breakpoints={props.breakpoints ?? NONE} onBreak={props.onBreak} />
          )}
        </Fragment>
      ),
    )}
    {props.graph.nodes.map((node) => {
      const visit = props.visits.nodes.get(node.name);
      const tone = `${props.hues(node.name)} na-is-${visit?.status}`;
      return (
        visit && visit.times > 1 && <Times key={node.name} node={node} times={visit.times} tone={tone} />
      );
    })}
  </>
);

function Drawing(props: GraphProps) {
  const { graph } = props;
  const whole = useMemo(() => wholeOf(graph), [graph.width, graph.height]);
  const current = currentNode(props);
  const { camera, handlers } = useZoom(whole, current);
  const nodeAt = ({ target }: Event): NodeWire | undefined =>
    graph.nodes.find((one) => one.name === (target as Element).getAttribute("data-node"));
  const onFocusIn = (event: FocusEvent): void => {
    const node = nodeAt(event);
    if (node) camera.reveal(node);
  };
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLElement }): void => {
    const [node, way] = [nodeAt(event), WAYS[event.key]];
    if (!node || !way) return;
    event.preventDefault();
    const { name } = nearest(graph.nodes, node, way);
    event.currentTarget.querySelector<SVGElement>(`[data-node="${CSS.escape(name)}"]`)?.focus();
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing is a group of its parts */}
      <div
        class="na-frame-of"
        role="group"
        aria-label="Graph"
        ref={camera.within}
        onFocusIn={onFocusIn}
        onKeyDown={onKeyDown}
        {...handlers}
      >
        <svg
          role="presentation"
          class="na-drawing"
          width={whole.width}
          height={whole.height}
          viewBox={`${whole.x} ${whole.y} ${whole.width} ${whole.height}`}
          ref={camera.draws}
        >
          <Parts {...props} current={current} />
        </svg>
      </div>
      <div class="na-zoom">
        <Tool name="Zoom in" icon="plus" onClick={() => camera.zoom(1.3)} />
        <Tool name="Zoom out" icon="minus" onClick={() => camera.zoom(1 / 1.3)} />
        <Tool name="Fit graph" icon="fit" onClick={camera.fit} />
        <Tool name="Show current action" icon="locate" onClick={camera.locate} />
      </div>
    </>
  );
}

/** An action in words, and what it leads to. */
function Line({ node: { name, label }, ...props }: GraphProps & { node: NodeWire }) {
  const [is, turn] = doingOf(name, props);
  return (
    <li>
      <button type="button" {...is} onKeyDown={onKeys({ b: turn })}>
        {props.breakpoints && name in props.breakpoints && "● "}
        {label}
      </button>
      <ul>
        {props.graph.edges
          .filter((edge) => edge.source === name)
          .map((edge, i) => (
            <li key={i}>
              → {edge.target} {edge.label !== "" && <span class="na-summary">if {edge.label}</span>}
            </li>
          ))}
      </ul>
    </li>
  );
}

/** Actions and edges in words, where nothing could lay them out. */
const Listing = (props: GraphProps) => (
  <ul class="na-listing" aria-label="Graph">
    {props.graph.nodes.map(
      (node) => node.kind === "action" && <Line key={node.name} node={node} {...props} />,
    )}
  </ul>
);

/** The action graph: lit where the run has been, red where it failed. */
export const GraphView = (props: GraphProps) => (
  <div class="na-graph">{props.graph.laidOut ? <Drawing {...props} /> : <Listing {...props} />}</div>
);
