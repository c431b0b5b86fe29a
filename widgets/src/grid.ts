/** The grid of forks: variants side by side while they run, each fork a button that opens its run. */
import type { GridFork, GridModel, GridWire, Module, Outcome } from "./wire.ts";

const UNHEARD_MS = 1200;
const MARKS: Record<Outcome, string> = {
  completed: "●",
  limited: "◔",
  failed: "✖",
  refused: "⊘",
  interrupted: "◌",
  "not begun": "·",
};

function made<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = "",
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const markOf = ({ outcome, passed }: GridFork): string =>
  outcome !== "completed" || passed === null ? MARKS[outcome] : passed ? "✓" : "✗";

function spoken({ n, outcome, passed, why }: GridFork): string {
  const judged = passed === null ? "" : passed ? ", passed" : ", did not pass";
  return `fork ${n}: ${outcome}${judged}${why ? `. ${why}` : ""}`;
}

/** Stops all forks: by a message and, where the kernel does not hear it while a cell runs, by an interrupt. */
function stop(model: GridModel): void {
  model.send({ stop: true });
  setTimeout(() => {
    if (model.get("grid").going) void model.widget_manager?.kernel?.interrupt?.().catch(() => {});
  }, UNHEARD_MS);
}

function forkButton(model: GridModel, fork: GridFork): HTMLButtonElement {
  const { n, run, outcome, passed } = fork;
  const tone = passed === null ? outcome : passed ? "passed" : "missed";
  const button = made("button", `${n} ${markOf(fork)}`, {
    type: "button",
    class: `na-is-${tone.replace(" ", "-")}`,
    "aria-label": spoken(fork),
    title: spoken(fork),
  });
  button.disabled = run === null;
  button.dataset.run = run ?? "";
  button.onclick = () => model.send({ open: run });
  return button;
}

function table(model: GridModel, { tried, columns, rows }: GridWire): HTMLTableElement {
  const drawn = made("table");
  const head = drawn.createTHead().insertRow();
  head.append(...[...tried, "runs", ...columns].map((name) => made("th", name, { scope: "col" })));
  const body = drawn.createTBody();
  for (const row of rows) {
    const forks = made("td", "", { class: "na-runs" });
    forks.append(...row.forks.map((fork) => forkButton(model, fork)));
    const cells = row.told.map((text) => made("td", text));
    body
      .insertRow()
      .append(...row.tried.map((text) => made("td", text, { class: "na-tried" })), forks, ...cells);
  }
  return drawn;
}

function head(model: GridModel, { title, line, done, total, going }: GridWire): HTMLElement {
  const bar = made("div", "", { class: "na-grid-head" });
  bar.append(made("strong", title));
  if (going) {
    const halt = made("button", "Stop", { type: "button" });
    halt.onclick = () => stop(model);
    bar.append(
      made("progress", "", { max: `${total}`, value: `${done}`, "aria-label": "Forks ended" }),
      halt,
    );
  }
  bar.append(made("span", line));
  return bar;
}

/** Draws the grid into an element; what it returns takes everything away again. */
export function render({ model, el }: { model: GridModel; el: HTMLElement }): () => void {
  const root = made("div", "", { class: "na-grid", role: "region", "aria-label": "Forks" });
  const said = made("p", "", { role: "status" });
  const draw = (): void => {
    const run = root.querySelector<HTMLElement>(":focus")?.dataset.run;
    const grid = model.get("grid");
    said.textContent = model.get("said");
    root.replaceChildren(head(model, grid), table(model, grid), said);
    if (run) root.querySelector<HTMLElement>(`[data-run="${CSS.escape(run)}"]`)?.focus();
  };
  draw();
  el.classList.add("na-grid-live");
  el.append(root);
  model.on("change:grid", draw);
  model.on("change:said", draw);
  return () => {
    model.off("change:grid", draw);
    model.off("change:said", draw);
    root.remove();
  };
}

export default { render } satisfies Module<GridModel>;
