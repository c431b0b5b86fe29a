import type { Overview } from "../src/model.ts";
import { Viewer } from "../src/viewer.ts";
import { Panel } from "../src/views/panel.tsx";
import { doing, show } from "./screen.ts";
import { FakeSource, overview } from "./story.ts";

/** The panel on a run, drawn, with what drives it. */
export async function opened(shown: Overview = overview(), source = new FakeSource()) {
  const viewer = new Viewer(source, shown);
  const at = show(<Panel viewer={viewer} />);
  await doing(() => {});
  return { source, viewer, at };
}
