import { runSentence } from "../format.ts";
import type { Scene } from "./scene.ts";

const HELD = {
  running: "",
  paused: "held: Run goes on, Step makes one step, Stop ends it",
  stopping: "stops at its next call, piece of an answer or step",
} as const;

/** What the status line says: of a run that goes on, what it can be told. */
function statusText({ control, asked, held, said }: Scene["looks"]): string {
  if (held && asked !== null) return "queued until the cell ends";
  return control.mode === "rest" ? said : HELD[control.mode];
}

/** What came of the last command, or what a page says of itself; unseen where the header says just that. */
export function Said({ looks, run, edits, viewer }: Scene) {
  const { error, control } = looks;
  const { elsewhere } = edits;
  const wrong = error || (control.allow ? "" : control.trouble);
  const said =
    wrong ||
    [statusText(looks), elsewhere && `An edit waits at ${elsewhere}`].filter(Boolean).join(" · ") ||
    viewer.source.note;
  const known = !wrong && !elsewhere && run && said.includes(runSentence(run));
  return (
    <p class={`na-status ${wrong ? "na-problem" : ""} ${known ? "na-unseen" : ""}`} role="status">
      {said}
    </p>
  );
}
