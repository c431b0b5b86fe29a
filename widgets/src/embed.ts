/** The panel on a page that carries its own data and has no kernel. */
import { h, render } from "preact";
import { overviewOf } from "./model.ts";
import { StoredSource } from "./source.ts";
import { Viewer } from "./viewer.ts";
import { Panel } from "./views/panel.tsx";
import type { PageWire } from "./wire.ts";

/** Shows the page's data in its `#notebook-agent`, if it has both. */
export function embed(page: Document): void {
  const data = page.querySelector<HTMLScriptElement>("#notebook-agent-data");
  const el = page.querySelector<HTMLElement>("#notebook-agent");
  if (!data || !el) return;
  const stored = unshared(JSON.parse(data.text));
  const viewer = new Viewer(new StoredSource(stored), overviewOf(stored.overview));
  render(h(Panel, { viewer }), el);
}

/** Puts a page together whose values are kept once, as rows in which members go before what holds them. */
function unshared(rows: (string | Record<string, unknown>)[]): PageWire {
  for (const row of rows) {
    if (typeof row === "object") for (const key in row) row[key] = rows[row[key] as number];
  }
  return rows.at(-1) as unknown as PageWire;
}
