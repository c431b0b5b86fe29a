/** One step, whole, on the wire. */
import type { Status } from "./runs.ts";

export interface InputWire {
  name: string;
  required: boolean;
  /** By the annotation; `any` where it does not say. */
  type: "text" | "a whole number" | "a number" | "true or false" | "JSON" | "any";
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
  flip: string | null;
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
  /** Which branch of the step made it. */
  branch?: string;
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
  /** How many of the branches' calls are left out. */
  moreCalls?: number;
  code: CodeWire;
  error: FailureWire | null;
  reads: string[];
  writes: string[];
  /** Long texts are shorter than they could be; `whole` asks for more of them. */
  cut?: boolean;
}
