/** What travels from Python to the page: the mirror of `notebook_agent/view/wire.py`. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Status = "new" | "running" | "completed" | "failed" | "interrupted";

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
  labelX: number;
  labelY: number;
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

/** Steps in a row, as columns of equal length; the i-th has the number `first + i`. */
export interface StepsWire {
  first: number;
  names: string[];
  /** The action of each, and the one before it whose edge was taken (-1 for none), as places in `names`. */
  action: number[];
  source: number[];
  /** A letter for each: c, f, i, r. */
  status: string;
  /** -1 while not known. */
  ms: number[];
  /** Which of them ran older code than the graph holds now. */
  stale: number[];
}

export interface RunWire {
  id: string;
  label: string;
  status: Status;
  head: number | null;
  next: string | null;
  parent: string | null;
  forkedAt: number | null;
  createdAt: number;
  steps: StepsWire;
}

/** A run of the project as the list of runs has it. */
export interface RunLine {
  id: string;
  label: string;
  status: Status;
  steps: number;
  action: string | null;
  parent: string | null;
  updatedAt: number;
  pinned: boolean;
}

export interface Totals {
  calls: number;
  replayed: number;
  tokens: number;
  cost: number | null;
}

export interface InputWire {
  name: string;
  required: boolean;
  /** By the annotation: a str, something else, or unknown. */
  type: "text" | "JSON" | "any";
}

export interface OverviewWire {
  version: 2;
  project: string;
  run: string;
  runs: RunWire[];
  graph: GraphWire;
  totals: Totals;
  inputs: InputWire[];
  n: number;
}

export interface DictValue {
  t: "dict";
  items: [string, ValueWire][];
  size: number;
  /** The class, where it stands for an object with fields. */
  type?: string;
  /** Place of the first item, where those before it are left out. */
  start?: number;
}

export interface ListValue {
  t: "list";
  items: ValueWire[];
  size: number;
  type: string;
  /** Index of the first item, where those before it are left out. */
  start?: number;
}

export interface TextValue {
  t: "text";
  text: string;
  size: number;
  /** Place of the first character, where those before it are left out. */
  start?: number;
}

export interface ImageValue {
  t: "image";
  mime: string;
  /** In base64; else the image is to be asked for by its id. */
  data?: string;
  id?: string;
  size: number;
}

export interface OtherValue {
  t: "other";
  type: string;
  text: string;
}

export type ValueWire =
  | null
  | boolean
  | number
  | string
  | DictValue
  | ListValue
  | TextValue
  | ImageValue
  | OtherValue;

export interface DiffWire {
  path: string;
  kind: "added" | "changed" | "removed";
  before?: ValueWire;
  after?: ValueWire;
}

export interface CheckWire {
  target: string;
  condition: string;
  operands: [string, string][];
  result: boolean | null;
}

export interface DecisionWire {
  source: string;
  target: string | null;
  checks: CheckWire[];
}

export interface MessageWire {
  role: string;
  content: ValueWire;
}

export interface CallWire {
  id: number;
  endpoint: string;
  host: string;
  model: string | null;
  messages: MessageWire[];
  output: ValueWire;
  status: number | null;
  error: string | null;
  ms: number | null;
  firstMs: number | null;
  tokensIn: number | null;
  tokensOut: number | null;
  cost: number | null;
  replayed: boolean;
  streamed: boolean;
  /** How a streamed answer came: after so many ms its text had so many characters. */
  stream?: [number, number][];
}

export interface CodeWire {
  id: string | null;
  source: string | null;
  now: string | null;
}

export interface FailureWire {
  type: string;
  message: string;
  traceback: string;
}

export interface Detail {
  run: string;
  seq: number | null;
  action: string | null;
  status: Status;
  state: ValueWire;
  diff: DiffWire[];
  inputs: ValueWire;
  result: ValueWire;
  decision: DecisionWire | null;
  next: DecisionWire | null;
  /** The action that a fork from here goes on with, and what it takes. */
  goesOn: string | null;
  asks: InputWire[];
  calls: CallWire[];
  code: CodeWire;
  error: FailureWire | null;
  reads: string[];
  writes: string[];
  /** Long texts are shorter than they could be; `whole` asks for more of them. */
  cut?: boolean;
}

export interface ProgressWire {
  event: "progress";
  n: number;
  /** The first number that this message stands for, where several were sent as one. */
  first?: number;
  run: RunWire;
  totals: Totals;
  inputs: InputWire[];
  detail: Detail | null;
  text: string;
}

/** Where one looks; both sides hold it. `n` numbers the places that the kernel sets by itself. */
export interface Place {
  run: string;
  seq: number | null;
  follows: boolean;
  n: number;
}

/** What a run hears while it goes on. */
export type Act = "pause" | "resume" | "step" | "stop";

/** How one chats with the agent. */
export interface ChatWire {
  /** What a message is given as. */
  input: string;
  /** The key that holds what was said; null for the first that looks like it. */
  output: string | null;
}

/** How the run in view is held. */
export interface ControlWire {
  mode: "rest" | "running" | "paused" | "stopping";
  /** The action before which the run is held, or before which a breakpoint halted it. */
  at: string | null;
  /** Whether it runs beside the cells, where an interrupt of the kernel does not reach it. */
  beside: boolean;
  /** The conditions by action; empty where a breakpoint always holds. */
  breakpoints: Record<string, string>;
  maxCalls: number | null;
  maxCost: number | null;
  /** Why the last command ended, where no step says so. */
  trouble: string;
  /** Whether it would go on with leave to fire again what cannot be taken back. */
  allow: boolean;
  /** Null where no action takes an input. */
  chat: ChatWire | null;
}

/** What the page asks, still without the `id` by which its answer is found. */
export type Ask =
  | { do: "overview" | "runs" | "export" }
  | { do: "detail"; run: string; seq: number | null; whole?: boolean }
  | { do: "value"; run: string; seq: number | null; path: number[]; start: number }
  | { do: "image"; run: string; seq: number | null; image: string }
  | { do: "compare"; run: string; other: string }
  | { do: "fork"; run: string; seq: number | null; edits: Record<string, Json> }
  | { do: "retry"; run: string; allow?: boolean }
  /** With `seq` where one looks at the past: then a fork from there runs. */
  | { do: "run" | "step"; run: string; seq?: number | null; inputs: Record<string, Json>; allow?: boolean }
  | { do: "control"; run: string; act: Act }
  /** A breakpoint with its condition; null takes it away. */
  | { do: "break"; action: string; condition: string | null }
  | { do: "limit"; maxCalls: number | null; maxCost: number | null }
  | { do: "switch"; run: string };

/** Two runs side by side: where they part, and the steps of each from shortly before. */
export interface ComparisonWire {
  run: string;
  other: string;
  said: string;
  at: number | null;
  here: StepsWire;
  there: StepsWire;
  diff: DiffWire[];
}

export interface ReplyWire {
  id: number;
  overview?: OverviewWire;
  detail?: Detail;
  value?: ValueWire;
  runs?: RunLine[];
  comparison?: ComparisonWire;
  said?: string;
  error?: string;
}

export interface PageWire {
  overview: OverviewWire;
  details: Record<string, Detail>;
  note: string;
}
