/** What travels from Python to the page: the mirror of `notebook_agent/view/wire/`. */

export type * from "./wire/graph.ts";
export type * from "./wire/messages.ts";
export type * from "./wire/past.ts";
export type * from "./wire/runs.ts";
export type * from "./wire/step.ts";
