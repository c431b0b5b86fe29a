/** The panel on a page that carries its own data and has no kernel. */
import { h, render } from "preact";
import { overviewOf } from "./model.ts";
import { StoredSource } from "./source.ts";
import { Viewer } from "./viewer.ts";
import { Panel } from "./views/panel.tsx";
import type { PageWire } from "./wire.ts";

/** Shows the page's data in its `#notebook-agent`, if it has both. */
export function embed(page: Document): void {
  const data = page.querySelector<HTMLScriptElement>("script#notebook-agent-data[type='application/json']");
  const el = page.querySelector<HTMLElement>("#notebook-agent");
  if (!data || !el) return;
  const stored = JSON.parse(data.text) as PageWire;
  const viewer = new Viewer(new StoredSource(stored), overviewOf(stored.overview));
  render(h(Panel, { viewer }), el);
}
