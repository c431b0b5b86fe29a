import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, counted, runSentence } from "../format.ts";
import type { Overview, Run } from "../model.ts";
import { MOST_NAMED, percent, tickClass, ticksOf, tickTitle } from "../ticks.ts";
import { type Lane, unfolded, withGrids } from "../timeline.ts";
import { Link } from "./buttons.tsx";
import type { Hues } from "./hues.ts";
import { keepInSight } from "./sight.ts";

export interface LanesProps {
  overview: Overview;
  lanes: Lane[];
  cells: number;
  hues: Hues;
  onSwitch: (run: string) => void;
  /** Puts the run in view beside another; missing where there is no kernel. */
  onCompare: ((run: string) => void) | undefined;
}

const MOST = 60;

/** The line from the parent's lane to where this one begins. */
const Elbow = ({ lane, rows, cells }: { lane: Lane; rows: number; cells: number }) => (
  <span
    class="na-elbow"
    style={{
      left: percent(lane.offset - 0.5, cells),
      width: percent(1, cells),
      height: `calc(${rows} * var(--na-lane))`,
    }}
  />
);

function Dots({ lane, cells, hues, from }: { lane: Lane; cells: number; hues: Hues; from: number }) {
  const { offset, run } = lane;
  const ticks = useMemo(() => ticksOf(run.steps, offset, cells), [run.steps, offset, cells]);
  return (
    <>
      <span
        class="na-rail"
        style={{
          left: percent(from + 0.5, cells),
          width: percent(Math.max(0, offset + run.steps.length - 1 - from), cells),
        }}
      />
      {ticks.map((tick) => (
        <span
          key={tick.step.seq}
          class={`na-dot ${tickClass(tick, hues)}`}
          title={tickTitle(tick.step)}
          style={{ left: percent(tick.from + tick.width / 2, cells) }}
        />
      ))}
    </>
  );
}

/** A lane's steps; with `rows` it hangs on a lane so many above. */
const Track = ({ lane, rows, cells, hues }: { lane: Lane; rows: number; cells: number; hues: Hues }) => (
  <span class={`na-track ${cells > MOST_NAMED ? "na-dense" : ""}`}>
    {rows > 0 && <Elbow lane={lane} rows={rows} cells={cells} />}
    <Dots lane={lane} cells={cells} hues={hues} from={rows > 0 ? lane.offset : 0} />
  </span>
);

/** What a screen reader says of a lane. */
export function laneName(lane: Lane, runs: Lane[]): string {
  const { run, forks } = lane;
  if (forks) return `${run.label} ${counted(forks, "fork")}${lane.failed ? `, ${lane.failed} failed` : ""}`;
  const parent = runs.find((other) => other.run.id === run.parent);
  const fork = parent
    ? `, fork of ${parent.run.label} after ${run.forkedAt === null ? "its start" : `step ${run.forkedAt}`}`
    : "";
  return `${run.label}, ${runSentence(run)}${fork}`;
}

const MOVES: Record<string, (i: number, n: number) => number> = {
  ArrowDown: (i, n) => Math.min(i + 1, n - 1),
  ArrowUp: (i) => Math.max(i - 1, 0),
  Home: () => 0,
  End: (_, n) => n - 1,
};

function moveFocus(event: KeyboardEvent, index: number): void {
  const rows = [...((event.currentTarget as HTMLElement).parentElement?.children ?? [])] as HTMLElement[];
  const to = MOVES[event.key]?.(index, rows.length);
  if (to === undefined) return;
  event.preventDefault();
  rows[to]?.focus();
}

const quietly =
  (act: () => void) =>
  (event: Event): void => {
    event.stopPropagation();
    act();
  };

/** Folds and unfolds by mouse; keyboards use the arrows. */
const Triangle = ({ folded, onFold }: { folded: boolean; onFold: () => void }) => (
  <span class={`na-triangle ${folded ? "na-folded" : ""}`} aria-hidden="true" onClick={quietly(onFold)}>
    ▾
  </span>
);

const Beside = ({ run, onCompare }: { run: Run; onCompare: ((run: string) => void) | undefined }) =>
  onCompare ? (
    <Link
      class="na-link na-beside"
      tabIndex={-1}
      aria-label={`Compare with ${run.label}`}
      onClick={quietly(() => onCompare(run.id))}
    >
      Compare
    </Link>
  ) : null;

/** What the keys of a lane do: pick it, go to another, and what only some can do. */
const laneKeys =
  (pick: () => void, some: Record<string, () => void>, index: number) =>
  (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey) return;
    const act = { Enter: pick, " ": pick, ...some }[event.key];
    if (act) {
      event.preventDefault();
      act();
    } else moveFocus(event, index);
  };

const foldKeys = (folded: boolean, onFold: () => void): Record<string, () => void> => ({
  [folded ? "ArrowRight" : "ArrowLeft"]: onFold,
});

/** A lane's name; of a grid also how many forks it stands for. */
const Label = ({ lane: { run, depth, forks }, triangle }: { lane: Lane; triangle: ComponentChildren }) => (
  <span class="na-lane-label" style={{ paddingLeft: `${14 + Math.min(depth, 4) * 12}px` }}>
    {triangle}
    {run.label}
    {forks && <span class="na-summary"> ×{forks}</span>}
  </span>
);

interface LaneRowProps {
  lanes: Lane[];
  index: number;
  lane: Lane;
  props: LanesProps;
  cells: number;
  /** Whether other runs were forked from it, and whether they are hidden. */
  forks: boolean;
  folded: boolean;
  onFold: () => void;
}

/** How many rows a lane lies below the one that it hangs on; 0 where that is not shown. */
function rowsBelow(lanes: Lane[], index: number): number {
  const parent = lanes.findIndex((other) => other.run.id === lanes[index]?.run.parent);
  return parent < 0 ? 0 : index - parent;
}

function LaneRow({ lanes, index, lane, props, cells, forks, folded, onFold }: LaneRowProps) {
  const { run, depth } = lane;
  const inView = run.id === props.overview.run;
  const pick = lane.forks ? onFold : (): void => props.onSwitch(run.id);
  const onCompare = inView || lane.forks ? undefined : props.onCompare;
  const keys = { ...(forks && foldKeys(folded, onFold)), c: () => onCompare?.(run.id) };
  return (
    <div
      role="treeitem"
      class={`na-lane na-is-${run.status} ${inView ? "na-in-view" : ""}`}
      aria-level={depth + 1}
      aria-selected={inView}
      aria-label={laneName(lane, lanes)}
      title={laneName(lane, lanes)}
      aria-expanded={forks ? !folded : undefined}
      tabIndex={inView ? 0 : -1}
      onClick={pick}
      onKeyDown={laneKeys(pick, keys, index)}
    >
      <Label lane={lane} triangle={forks && <Triangle folded={folded} onFold={onFold} />} />
      <Track lane={lane} rows={rowsBelow(lanes, index)} cells={cells} hues={props.hues} />
      <Beside run={run} onCompare={onCompare} />
    </div>
  );
}

/** Those that are shown: of very many the first, and the one in view. */
function chosen(lanes: Lane[], run: string): Lane[] {
  if (lanes.length <= MOST) return lanes;
  return lanes.filter((lane, i) => i < MOST || lane.run.id === run);
}

/** What is folded: what was folded by hand, and grids that were not opened, unless one of their forks is in view. */
function foldedOf(lanes: Lane[], inView: string, turned: ReadonlySet<string>): ReadonlySet<string> {
  const parent = lanes.find((lane) => lane.run.id === inView)?.run.parent;
  const first = ({ run, forks }: Lane): boolean => forks !== undefined && run.id !== parent;
  return new Set(lanes.filter((lane) => turned.has(lane.run.id) !== first(lane)).map((lane) => lane.run.id));
}

/** The tree of runs, scrolled to the run that is turned to. */
function useSight(run: string, lanes: number) {
  const tree = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const lane = tree.current?.querySelector('[aria-selected="true"]');
    if (lane) keepInSight(lane, tree.current as Element);
  }, [run, lanes]);
  return tree;
}

/** A lane for each run; what was forked from one can be folded away. */
export function Lanes(props: LanesProps) {
  const { overview, cells } = props;
  const lanes = useMemo(() => withGrids(props.lanes), [props.lanes]);
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const folded = useMemo(() => foldedOf(lanes, overview.run, turned), [lanes, overview.run, turned]);
  const parents = useMemo(() => new Set(lanes.map((lane) => lane.run.parent)), [lanes]);
  const open = useMemo(() => unfolded(lanes, folded), [lanes, folded]);
  const shown = chosen(open, overview.run);
  const tree = useSight(overview.run, shown.length);
  const fold = (run: string): void => {
    const next = new Set(turned);
    if (!next.delete(run)) next.add(run);
    setTurned(next);
  };
  return (
    <>
      <div class="na-lanes" role="tree" aria-label="Runs" ref={tree}>
        {shown.map((lane, index) => (
          <LaneRow
            key={lane.run.id}
            lanes={shown}
            index={index}
            lane={lane}
            props={props}
            cells={cells}
            forks={parents.has(lane.run.id)}
            folded={folded.has(lane.run.id)}
            onFold={() => fold(lane.run.id)}
          />
        ))}
      </div>
      {open.length > shown.length && (
        <p class="na-cut na-more-runs">… {count(open.length - shown.length)} more in the list of runs</p>
      )}
    </>
  );
}
