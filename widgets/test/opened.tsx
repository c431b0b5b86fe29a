import type { Overview } from "../src/model.ts";
import { Viewer } from "../src/viewer.ts";
import { Panel } from "../src/views/panel.tsx";
import { doing, get, show } from "./screen.ts";
import { FakeSource, overview } from "./story.ts";

/** The panel on a run, drawn, with what drives it. */
export async function opened(shown: Overview = overview(), source = new FakeSource()) {
  const viewer = new Viewer(source, shown);
  const at = show(<Panel viewer={viewer} />);
  await doing(() => {});
  return { source, viewer, at };
}

export const slider = (): HTMLInputElement => get(document.body, "slider", "Step") as HTMLInputElement;

export const slide = (value: number): Promise<void> =>
  doing(() => {
    slider().value = String(value);
    slider().dispatchEvent(new Event("input", { bubbles: true }));
  });

/** What the status line says. */
export const status = (): string => get(document.body, "status").textContent ?? "";
