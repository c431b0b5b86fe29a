import { count, counted, dollars, runSentence } from "../format.ts";
import type { Overview, RunWire, Status, StepWire, Totals } from "../wire.ts";

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

interface HeaderProps {
  overview: Overview;
  run: RunWire | undefined;
  step: StepWire | null;
  head: number | null;
  atHead: boolean;
}

/** Which run this is, how it stands, and what it took. */
export const Header = ({ overview, run, step, head, atHead }: HeaderProps) => (
  <header class="na-header">
    <div class="na-title">
      <strong title={overview.run}>{run?.label ?? overview.run}</strong>
      <span class="na-arrow" aria-hidden="true">
        ▸
      </span>
      <span class="na-project">{overview.project}</span>
    </div>
    {run && <span class={`na-pill na-is-${run.status}`}>{runSentence(run)}</span>}
    <span class="na-where">
      step {step ? count(step.seq) : "–"}/{head === null ? "–" : count(head)}
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
