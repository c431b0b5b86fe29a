/** The bridge to anywidget: a model of traits and messages on one side, the panel on the other. */
import { render as draw, h } from "preact";
import { overviewOf } from "./model.ts";
import { LiveSource } from "./source.ts";
import { Viewer } from "./viewer.ts";
import { Panel } from "./views/panel.tsx";
import type { ControlWire, Kernel, Model } from "./wire.ts";

const SETTLED_MS = 80;

/** Number of the last place that the kernel set by itself. What comes back of an older one is no news. */
interface Known {
  n: number;
}

/** Tells the kernel where one looks, once the slider rests; with the number of the kernel's last place. */
function tellPlace(model: Model, viewer: Viewer, kernel: Known): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    if (viewer.looks.waiting) return;
    const known = model.get("place");
    const { run } = viewer.looks.overview;
    const { seq } = viewer.point;
    const follows = viewer.looks.following;
    if (known.run === run && known.seq === seq && known.follows === follows) return;
    model.set("place", { run, seq, follows, n: kernel.n });
    model.save_changes();
  };
  const unlisten = viewer.listen(() => {
    clearTimeout(timer);
    timer = setTimeout(tell, SETTLED_MS);
  });
  return () => {
    clearTimeout(timer);
    unlisten();
  };
}

/** Shows the run that the kernel turned to. It is asked for, and never switched to: the kernel may be on. */
function followRun(model: Model, viewer: Viewer, run: string): void {
  if (viewer.looks.overview.run === run) return;
  const overview = model.get("overview");
  if (overview.run === run) viewer.show(overviewOf(overview));
  else void viewer.refresh();
}

/** Stands where the kernel stands. While it follows the run its `seq` may be behind what is shown here. */
function standWithKernel(model: Model, viewer: Viewer): void {
  const { run, seq, follows } = model.get("place");
  followRun(model, viewer, run);
  if (follows) viewer.follow();
  else viewer.moveToSeq(seq);
}

const controlOf = (model: Model): ControlWire => {
  const control = model.get("control");
  return { ...control, chat: model.get("chat") ?? control.chat };
};

/** Follows the kernel where it sets the traits by itself. */
function hearPlace(model: Model, viewer: Viewer, kernel: Known): () => void {
  const hear = (): void => {
    const { n } = model.get("place");
    if (n <= kernel.n) return;
    kernel.n = n;
    standWithKernel(model, viewer);
  };
  const listeners: [string, () => void][] = [
    ["change:overview", () => viewer.showNewer(overviewOf(model.get("overview")))],
    ["change:place", hear],
    ["change:control", () => viewer.hear(controlOf(model))],
    ["change:chat", () => viewer.hear(controlOf(model))],
  ];
  for (const [event, listener] of listeners) model.on(event, listener);
  return () => {
    for (const [event, listener] of listeners) model.off(event, listener);
  };
}

/** Keeps the keys of what has the focus from being commands to the notebook, whose arrows leave the cell. */
function ownKeys(event: Event): void {
  if (event.target instanceof HTMLElement) event.target.setAttribute("data-lm-suppress-shortcuts", "true");
}

/** The kernel, where the host has one to show. */
function kernelOf({ widget_manager: manager }: Model): Kernel | null {
  try {
    return ((manager ?? {}) as { kernel?: Kernel | null }).kernel ?? null;
  } catch {
    return null;
  }
}

/** Draws the panel into an element; what it returns takes everything away again. */
export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const source = new LiveSource(model, () => kernelOf(model));
  const viewer = new Viewer(source, overviewOf(model.get("overview")));
  const kernel = { n: model.get("place").n };
  const untell = tellPlace(model, viewer, kernel);
  const unhear = hearPlace(model, viewer, kernel);
  standWithKernel(model, viewer);
  viewer.hear(controlOf(model));
  el.classList.add("na-live");
  el.addEventListener("focusin", ownKeys);
  draw(h(Panel, { viewer, part: model.get("part") }), el);
  const unmark = viewer.listen(() => el.classList.toggle("na-live", !source.gone));
  void viewer.refresh();
  return () => {
    unmark();
    untell();
    unhear();
    viewer.close();
    source.close();
    el.removeEventListener("focusin", ownKeys);
    draw(null, el);
  };
}
