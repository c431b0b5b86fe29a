import { count, counted, dollars, runSentence } from "../format.ts";
import type { Overview, Run, Step } from "../model.ts";
import type { ControlWire, Status, Totals } from "../wire.ts";

const Figures = ({ totals }: { totals: Totals }) => (
  <ul class="na-totals" aria-label="Totals">
    <li>{counted(totals.calls, "call")}</li>
    {totals.replayed > 0 && <li>{count(totals.replayed)} replayed</li>}
    <li>{count(totals.tokens)} tok</li>
    <li>{dollars(totals.cost)}</li>
  </ul>
);

/** Where the next action is the one that broke, which is said already. */
const BROKEN = new Set<Status>(["failed", "interrupted"]);

/** How a run stands: what it came to, or how it is held. */
function standing(run: Run, { mode, at }: ControlWire): [string, string] {
  if (mode === "paused") return ["paused", `paused before ${at}`];
  if (mode === "stopping") return ["paused", "stopping"];
  if (mode === "running") return ["running", "running"];
  const halted = at !== null && at === run.next && !BROKEN.has(run.status);
  return halted ? ["paused", `halted at the breakpoint before ${at}`] : [run.status, runSentence(run)];
}

const Standing = ({ run, control }: { run: Run; control: ControlWire }) => {
  const [tone, text] = standing(run, control);
  return <span class={`na-pill na-is-${tone}`}>{text}</span>;
};

interface HeaderProps {
  overview: Overview;
  run: Run | undefined;
  control: ControlWire;
  step: Step | null;
  head: number | null;
  atHead: boolean;
  /** Whether the list of runs is open; missing where there is none. */
  listed?: boolean | undefined;
  onList: () => void;
}

/** The run's name, which opens the list of runs. */
function Name({ overview, run, listed, onList }: HeaderProps) {
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

/** Which run this is, how it stands, and what it took. */
export const Header = (props: HeaderProps) => {
  const { overview, run, control, step, head, atHead } = props;
  return (
    <header class="na-header">
      <div class="na-title">
        <Name {...props} />
        <span class="na-arrow" aria-hidden="true">
          ▸
        </span>
        <span class="na-project">{overview.project}</span>
      </div>
      {run && <Standing key={overview.n} run={run} control={control} />}
      <span class="na-where">
        {step ? `step ${count(step.seq)}` : "start"}
        {head !== null && `/${count(head)}`}
        {atHead && run?.next && !BROKEN.has(run.status) && (
          <>
            {" · next "}
            <b>{run.next}</b>
          </>
        )}
      </span>
      <Figures totals={overview.totals} />
    </header>
  );
};
