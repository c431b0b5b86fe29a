/** The graph as it was laid out, on the wire. */

export interface NodeWire {
  name: string;
  kind: "action" | "input";
  label: string;
  x: number;
  y: number;
  width: number;
  height: number;
  reads: string[];
  writes: string[];
}

export interface EdgeWire {
  source: string;
  target: string;
  label: string;
  conditional: boolean;
  path: string;
  head: string;
  /** The middle of the label, or where none is, of what is told of the arrow. */
  labelX: number;
  labelY: number;
  /** What is told begins or ends there, where a line runs back beside it. */
  side?: "start" | "end";
  /** All of a label that is drawn cut. */
  whole?: string;
  /** An exception takes it. */
  caught?: boolean;
}

export interface GraphWire {
  laidOut: boolean;
  width: number;
  height: number;
  nodes: NodeWire[];
  edges: EdgeWire[];
}
