import { runSentence } from "../format.ts";
import { placeKey } from "../timeline.ts";
import { Link } from "./buttons.tsx";
import { labelIn, type Scene } from "./scene.ts";

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

/** That an edit waits at another place, called as commands call it, and the way to it. */
function Waiting({ looks, move, before, elsewhere }: Scene & { before: string; elsewhere: string }) {
  const { overview, points } = looks;
  const [at, id = "", seq] = elsewhere.match(/^(.*)@(\S+)/) ?? [];
  const place = points.findIndex((point) => placeKey(point) === elsewhere);
  const name = at && `${labelIn(overview.runs, id)}@${seq}`;
  return (
    <span>
      {before}An edit waits at {place < 0 ? name : <Link onClick={() => move(place)}>{name}</Link>}
    </span>
  );
}

/** What came of the last command, or what a page says of itself; unseen where the header says just that. */
export function Said(scene: Scene) {
  const { looks, run, edits, viewer } = scene;
  const { error, control } = looks;
  const { elsewhere } = edits;
  const wrong = error || (control.allow ? "" : control.trouble);
  const said = wrong || control.halted || statusText(looks) || viewer.source.note;
  const known = !wrong && !elsewhere && run && said.includes(runSentence(run));
  return (
    <p class={`na-status ${wrong ? "na-problem" : ""} ${known ? "na-unseen" : ""}`} role="status">
      {said}
      {elsewhere && <Waiting {...scene} before={said && " · "} elsewhere={elsewhere} />}
    </p>
  );
}
