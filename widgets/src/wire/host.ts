/** What Jupyter and anywidget name: their model of traits and messages, and the kernel behind it. */
import type { ChatWire, ControlWire, OverviewWire, Place } from "./messages.ts";

/** Which part of the panel stands alone; `panel` is all of it. */
export type Part = "panel" | "graph" | "state" | "slider" | "chat";

export interface Traits {
  overview: OverviewWire;
  place: Place;
  control: ControlWire;
  part: Part;
  /** Of a chat that stands alone. */
  chat?: ChatWire;
}

export type Listener = (message: unknown, buffers?: DataView[]) => void;

/** The part of anywidget's model that carries messages. */
export interface Channel {
  send(content: unknown): void;
  on(event: "msg:custom", listener: Listener): void;
  off(event: "msg:custom", listener: Listener): void;
}

/** What of the kernel is used, where the host has it. */
export interface Kernel {
  status?: unknown;
  interrupt?: () => Promise<unknown>;
}

/** What of anywidget's model is used. */
export interface Model extends Channel {
  get<K extends keyof Traits>(name: K): Traits[K];
  set<K extends keyof Traits>(name: K, value: Traits[K]): void;
  save_changes(): void;
  /** The host's widget manager; Jupyter's has the kernel. */
  widget_manager?: unknown;
  on(event: string, listener: Listener): void;
  off(event: string, listener: Listener): void;
}

/** What anywidget calls of a module. */
export interface Module<M> {
  render(props: { model: M; el: HTMLElement }): () => void;
}
