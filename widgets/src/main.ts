/** The bundle: anywidget's module, and the script of an exported page. */
import { embed } from "./embed.ts";
import { render } from "./widget.ts";
import type { Model, Module } from "./wire.ts";

embed(document);

export default { render } satisfies Module<Model>;
