/** All that others name: what travels from Python to the page, the mirror of `notebook_agent/view/wire/`, and hosts. */

export type * from "./wire/graph.ts";
export type * from "./wire/grid.ts";
export type * from "./wire/host.ts";
export type * from "./wire/messages.ts";
export type * from "./wire/past.ts";
export type * from "./wire/runs.ts";
export type * from "./wire/step.ts";
