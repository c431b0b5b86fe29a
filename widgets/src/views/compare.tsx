import { duration } from "../format.ts";
import type { Comparison, Step } from "../model.ts";
import { Link } from "./buttons.tsx";
import type { Hues } from "./hues.ts";
import { DiffView } from "./tabs.tsx";

interface CompareProps {
  comparison: Comparison;
  /** What a run is called. */
  nameOf: (run: string) => string;
  hues: Hues;
  onClose: () => void;
}

function Cell({ step, hues }: { step: Step | undefined; hues: Hues }) {
  if (!step) return <td>–</td>;
  return (
    <td class={`${hues(step.action)} na-is-${step.status}`}>
      <i class="na-swatch" aria-hidden="true" />
      {step.action}
      <span class="na-summary">{step.status === "completed" ? duration(step.ms) : step.status}</span>
    </td>
  );
}

/** The steps of both by number. */
export function rowsOf(here: Step[], there: Step[]): [number, Step | undefined, Step | undefined][] {
  const left = new Map(here.map((step) => [step.seq, step]));
  const right = new Map(there.map((step) => [step.seq, step]));
  const all = [...new Set([...left.keys(), ...right.keys()])].sort((a, b) => a - b);
  return all.map((seq) => [seq, left.get(seq), right.get(seq)]);
}

/** Two runs side by side: their steps from shortly before they part, and what differs there. */
export function CompareView({ comparison, nameOf, hues, onClose }: CompareProps) {
  const { run, other, here, there, at, said, diff } = comparison;
  const rows = rowsOf(here, there);
  return (
    <section class="na-compare" aria-label="Comparison">
      <div class="na-compare-head">
        <span>
          <b>{nameOf(run)}</b> beside <b>{nameOf(other)}</b>: {said}
        </span>
        <Link onClick={onClose}>Close comparison</Link>
      </div>
      <div class="na-compare-body">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <div class="na-scrolls" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Step</th>
                <th scope="col">{nameOf(run)}</th>
                <th scope="col">{nameOf(other)}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([seq, left, right]) => (
                <tr key={seq} class={seq === at ? "na-parting" : ""}>
                  <th scope="row">{seq}</th>
                  <Cell step={left} hues={hues} />
                  <Cell step={right} hues={hues} />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
        <div class="na-scrolls" tabIndex={0}>
          <p class="na-summary">
            {at === null ? "Between their heads" : `From the one to the other at step ${at}`}
          </p>
          <DiffView diff={diff} none="The states are the same." />
        </div>
      </div>
    </section>
  );
}
