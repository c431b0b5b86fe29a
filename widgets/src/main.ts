/** The bundle: anywidget's module, and the script of an exported page. */
import type { AnyWidget } from "@anywidget/types";
import { embed } from "./embed.ts";
import { render } from "./widget.ts";

embed(document);

export default { render } satisfies AnyWidget;
