import { useEffect, useMemo, useState } from "preact/hooks";
import { count, placeText, runSentence, statusWord } from "../format.ts";
import { type Lane, lanesOf, type Point } from "../timeline.ts";
import type { Overview, StepWire } from "../wire.ts";
import type { Hues } from "./hues.ts";
import { Icon } from "./icons.tsx";

export interface TimelineProps {
  overview: Overview;
  points: Point[];
  at: number;
  hues: Hues;
  onMove: (at: number) => void;
  onSwitch: (run: string) => void;
}

const MOST_TICKS = 240;
/** The run in view has at least one part in so many of the width, or longer runs are cut off. */
const LONGER = 2;
const FEWEST = 24;
const PLAY_MS = 700;

interface Tick {
  step: StepWire;
  from: number;
  width: number;
}

const weight = (step: StepWire): number =>
  ["completed", "new", "interrupted", "running", "failed"].indexOf(step.status);

const heavier = (a: StepWire, b: StepWire): StepWire => (weight(b) >= weight(a) ? b : a);

/** A tick for each step, or for so many steps that they stay visible; a failed one is never hidden. */
export function ticksOf(steps: (StepWire | null)[], offset: number, cells: number): Tick[] {
  const width = Math.ceil(cells / MOST_TICKS);
  const ticks: Tick[] = [];
  for (let i = 0; i < steps.length; i += width) {
    const group = steps.slice(i, i + width).filter((step) => step !== null);
    if (group.length > 0) ticks.push({ step: group.reduce(heavier), from: offset + i, width });
  }
  return ticks;
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(4)}%`;

const tickClass = (step: StepWire, hues: Hues): string =>
  `${hues(step.action)} na-is-${step.status} ${step.stale ? "na-stale" : ""}`;

const tickTitle = (step: StepWire): string =>
  `step ${step.seq}: ${step.action}, ${statusWord(step.status)}${step.stale ? ", older code" : ""}`;

function Strip({ points, at, cells, hues }: { points: Point[]; at: number; cells: number; hues: Hues }) {
  const ticks = useMemo(() => {
    const steps = points.map((point) => point.step);
    return ticksOf(steps, 0, cells);
  }, [points, cells]);
  return (
    <div class="na-strip" aria-hidden="true">
      <span class="na-cell na-origin" style={{ left: 0, width: percent(1, cells) }} />
      {ticks.map(({ step, from, width }) => (
        <span
          key={from}
          class={`na-cell ${tickClass(step, hues)} ${from > at ? "na-ahead" : ""} ${from <= at && at < from + width ? "na-here" : ""}`}
          style={{ left: percent(from, cells), width: percent(width, cells) }}
        >
          <i>{step.action}</i>
        </span>
      ))}
    </div>
  );
}

function usePlay(at: number, last: number, onMove: (at: number) => void): [boolean, () => void] {
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return undefined;
    if (at >= last) {
      setPlaying(false);
      return undefined;
    }
    const timer = setTimeout(() => onMove(at + 1), Math.max(40, Math.min(PLAY_MS, 20_000 / last)));
    return () => clearTimeout(timer);
  }, [playing, at, last, onMove]);
  const toggle = (): void => {
    if (!playing && at >= last) onMove(0);
    setPlaying(!playing);
  };
  return [playing, toggle];
}

/** The slider over every step of the run and of its ancestors. */
function Slider({ points, at, hues, onMove, cells }: TimelineProps & { cells: number }) {
  const last = points.length - 1;
  const step = points[at]?.step ?? null;
  const head = points.at(-1)?.seq ?? null;
  const [playing, toggle] = usePlay(at, last, onMove);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== " ") return;
    event.preventDefault();
    toggle();
  };
  return (
    <div class="na-slider">
      <div class="na-lane-label">
        <button
          type="button"
          class="na-tool"
          aria-label="Play"
          aria-pressed={playing}
          title="Play (space)"
          onClick={toggle}
        >
          <Icon name={playing ? "pause" : "play"} />
        </button>
        <span class="na-place">
          {step ? <b>{count(step.seq)}</b> : <b>start</b>}
          {head !== null && <span> / {count(head)}</span>}
        </span>
      </div>
      <div class="na-track">
        <Strip points={points} at={at} cells={cells} hues={hues} />
        <input
          type="range"
          aria-label="Step"
          aria-valuetext={placeText(step, head)}
          min={-1}
          max={last - 1}
          step={1}
          value={at - 1}
          disabled={last === 0}
          style={{
            left: `calc(${percent(0.5, cells)} - 8px)`,
            width: `calc(${percent(last, cells)} + 16px)`,
          }}
          onInput={(event) => onMove(event.currentTarget.valueAsNumber + 1)}
          onKeyDown={onKeyDown}
        />
      </div>
    </div>
  );
}

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
  const end = offset + Math.max(run.steps.length, 1);
  return (
    <>
      <span
        class="na-rail"
        style={{ left: percent(from + 0.5, cells), width: percent(Math.max(0, end - 1 - from), cells) }}
      />
      {ticks.map((tick) => (
        <span
          key={tick.from}
          class={`na-dot ${tickClass(tick.step, hues)}`}
          title={tickTitle(tick.step)}
          style={{ left: percent(tick.from + tick.width / 2, cells) }}
        />
      ))}
    </>
  );
}

/** What a screen reader says of a lane. */
export function laneName(lane: Lane, runs: Lane[]): string {
  const { run } = lane;
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

interface LaneRowProps {
  lanes: Lane[];
  index: number;
  lane: Lane;
  props: TimelineProps;
  cells: number;
}

function LaneRow({ lanes, index, lane, props, cells }: LaneRowProps) {
  const { run, depth } = lane;
  const parent = lanes.findIndex((other) => other.run.id === run.parent);
  const inView = run.id === props.overview.run;
  const pick = (): void => props.onSwitch(run.id);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      pick();
    } else moveFocus(event, index);
  };
  return (
    <div
      role="treeitem"
      class={`na-lane na-is-${run.status} ${inView ? "na-in-view" : ""}`}
      aria-level={depth + 1}
      aria-selected={inView}
      aria-label={laneName(lane, lanes)}
      title={laneName(lane, lanes)}
      tabIndex={inView ? 0 : -1}
      onClick={pick}
      onKeyDown={onKeyDown}
    >
      <span class="na-lane-label" style={{ paddingLeft: `${14 + Math.min(depth, 4) * 12}px` }}>
        {run.label}
      </span>
      <span class="na-track">
        {parent >= 0 && <Elbow lane={lane} rows={index - parent} cells={cells} />}
        <Dots lane={lane} cells={cells} hues={props.hues} from={parent >= 0 ? lane.offset : 0} />
      </span>
    </div>
  );
}

/** The time slider, and under it a lane for each run. */
export function TimelineView(props: TimelineProps) {
  const { overview, points } = props;
  const lanes = useMemo(() => lanesOf(overview), [overview]);
  const longest = Math.max(...lanes.map((lane) => lane.offset + lane.run.steps.length), points.length, 2);
  const cells = Math.min(longest, Math.max(points.length * LONGER, FEWEST));
  return (
    <div class="na-time">
      <Slider {...props} cells={cells} />
      <div class="na-lanes" role="tree" aria-label="Runs">
        {lanes.map((lane, index) => (
          <LaneRow key={lane.run.id} lanes={lanes} index={index} lane={lane} props={props} cells={cells} />
        ))}
      </div>
    </div>
  );
}
