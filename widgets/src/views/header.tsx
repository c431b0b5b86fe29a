import { useEffect, useState } from "preact/hooks";
import { count, counted, dollars, runSentence } from "../format.ts";
import type { Run } from "../model.ts";
import type { Totals } from "../wire.ts";
import { Said } from "./said.tsx";
import type { Scene } from "./scene.ts";

const Figures = ({ totals }: { totals: Totals }) => (
  <ul class="na-totals" aria-label="Totals">
    <li>{counted(totals.calls, "call")}</li>
    {totals.replayed > 0 && <li>{count(totals.replayed)} replayed</li>}
    <li>{count(totals.tokens)} tok</li>
    <li>{dollars(totals.cost)}</li>
  </ul>
);

/** How a run stands: what it came to, or how it is held. */
function standing({ looks: { control }, broken }: Scene, run: Run): [string, string] {
  const { mode, at } = control;
  if (mode === "paused") return ["paused", `paused before ${at}`];
  if (mode === "stopping") return ["paused", "stopping"];
  if (mode === "running") return ["running", runSentence({ ...run, status: "running" })];
  const halted = at !== null && at === run.next && !broken;
  return halted ? ["paused", `halted at the breakpoint before ${at}`] : [run.status, runSentence(run)];
}

interface HeaderProps extends Scene {
  /** Whether the list of runs is open; missing where there is none. */
  listed?: boolean;
  onList?: () => void;
}

/** The run's name, which opens the list of runs. */
function Name({ looks: { overview }, run, listed, onList }: HeaderProps) {
  const name = run?.label ?? overview.run;
  if (listed === undefined) return <strong title={overview.run}>{name}</strong>;
  return (
    <button
      type="button"
      class="na-name"
      aria-label={`Run ${name}, list of runs`}
      aria-expanded={listed}
      title={`${overview.run}: all runs of ${overview.project}`}
      onClick={onList}
    >
      <strong>{name}</strong>
      <span aria-hidden="true">▾</span>
    </button>
  );
}

/** How long a step has run, in whole seconds, of which it had run so many ms when that was told first. */
function Elapsed({ ms }: { ms: number | null }) {
  const [seconds, set] = useState(Math.floor((ms ?? 0) / 1000));
  useEffect(() => {
    const clock = setInterval(() => set((s) => s + 1), 1000);
    return () => clearInterval(clock);
  }, []);
  return <>{seconds > 0 && ` · ${seconds} s`}</>;
}

/** How the run stands; drawn anew with each message, so that it pulses only where none comes. */
function Pill(props: Scene & { run: Run }) {
  const [tone, text] = standing(props, props.run);
  return (
    <span key={props.looks.overview.n} class={`na-pill na-is-${tone}`}>
      {text}
    </span>
  );
}

/** Which run this is, how it stands, what came of the last command, and what it all took. */
export const Header = (props: HeaderProps) => {
  const { looks, run, broken, point, head, atHead } = props;
  const { overview } = looks;
  const last = run?.steps.at(-1);
  return (
    <header class="na-header">
      <div class="na-title">
        <Name {...props} />
        <span class="na-arrow" aria-hidden="true">
          ▸
        </span>
        <span class="na-project">{overview.project}</span>
      </div>
      {run && <Pill {...props} run={run} />}
      <span class="na-where">
        {point.step ? `step @${count(point.step.seq)}` : "start"}
        {head !== null && ` of @${count(head)}`}
        {atHead && last?.status === "running" && <Elapsed key={head} ms={last.ms} />}
        {atHead && run?.next && !broken && run.status !== "running" && (
          <>
            {" · next "}
            <b>{run.next}</b>
          </>
        )}
      </span>
      <Said {...props} />
      <Figures totals={overview.totals} />
    </header>
  );
};
