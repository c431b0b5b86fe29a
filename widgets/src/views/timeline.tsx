import { useMemo } from "preact/hooks";
import { count, placeText } from "../format.ts";
import { MOST_NAMED, percent, type Tick, tickClass, ticksOf, withRoom } from "../ticks.ts";
import { lanesOf, type Point } from "../timeline.ts";
import { Tool } from "./buttons.tsx";
import type { Hues } from "./hues.ts";
import { Lanes } from "./lanes.tsx";
import { Name } from "./name.tsx";
import { usePlay } from "./play.ts";
import type { Scene } from "./scene.ts";

/** The run in view has at least one part in so many of the width, or longer runs are cut off. */
const LONGER = 2;
const FEWEST = 24;
/** Shorter runs leave room, so that the first steps of one do not move with each that comes. */
const FEW = 12;
/** How long a step is shown while it plays, and a whole run as far as that can be. */
const PLAY_MS = 700;
const WHOLE_MS = 20_000;
const FRAME_MS = 40;

/** Where a tick lies beside the place in view. */
function whereIs({ from, width }: Tick, at: number): string {
  if (from > at) return "na-ahead";
  return at < from + width ? "na-here" : "";
}

function Strip({ points, at, cells, hues }: { points: Point[]; at: number; cells: number; hues: Hues }) {
  const ticks = useMemo(() => {
    const steps = points.map((point) => point.step);
    return ticksOf(steps, 0, cells);
  }, [points, cells]);
  return (
    <div class={`na-strip ${ticks.length > MOST_NAMED ? "na-dense" : ""}`} aria-hidden="true">
      <span class="na-cell na-origin" style={{ left: 0, width: percent(1, cells) }} />
      {ticks.map((tick) => (
        <span
          key={tick.step.seq}
          class={`na-cell ${tickClass(tick, hues)} ${whereIs(tick, at)}`}
          style={{ left: percent(tick.from, cells), width: percent(tick.width, cells) }}
        >
          <i>{ticks.length > MOST_NAMED ? "" : <Name of={tick.action} />}</i>
        </span>
      ))}
    </div>
  );
}

/** The slider over every step of the run and of its ancestors. */
function Slider({ looks: { points, drawn, at }, point, head, hues, move, cells }: Scene & { cells: number }) {
  const { step } = point;
  const last = points.length - 1;
  const every = Math.max(FRAME_MS, Math.min(PLAY_MS, WHOLE_MS / last));
  const [playing, toggle] = usePlay({ at, last, onMove: move, by: 1, every });
  const here = Math.min(at, drawn.points.length - 1);
  const strip = useMemo(
    () => <Strip points={drawn.points} at={here} cells={cells} hues={hues} />,
    [drawn.points, here, cells, hues],
  );
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== " ") return;
    event.preventDefault();
    toggle();
  };
  return (
    <div class="na-slider">
      <div class="na-lane-label">
        <Tool name="Play" icon={playing ? "pause" : "run"} aria-pressed={playing} onClick={toggle} />
        <span class="na-place">
          <b>{step ? `@${count(step.seq)}` : "start"}</b>
          {head !== null && ` of @${count(head)}`}
          {step && <small class={hues(step.action)}>{step.action}</small>}
        </span>
      </div>
      <div class="na-track">
        {strip}
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
          onInput={(event) => move(event.currentTarget.valueAsNumber + 1)}
          onKeyDown={onKeyDown}
        />
      </div>
    </div>
  );
}

/** The time slider, and under it a lane for each run. */
export function TimelineView(scene: Scene) {
  const { looks, hues, onSwitch, viewer } = scene;
  const { points } = looks;
  const { overview } = looks.drawn;
  const onCompare = viewer.source.live ? scene.onCompare : undefined;
  const lanes = useMemo(() => lanesOf(overview), [overview]);
  const longest = lanes.reduce(
    (most, lane) => Math.max(most, lane.offset + lane.run.steps.length),
    Math.max(points.length, FEW),
  );
  const exact = Math.min(longest, Math.max(points.length * LONGER, FEWEST));
  const grows = overview.runs.some((run) => run.id === overview.run && run.status === "running");
  const cells = grows ? withRoom(exact) : exact;
  const rows = useMemo(
    () => (
      <Lanes
        overview={overview}
        lanes={lanes}
        cells={cells}
        hues={hues}
        onSwitch={onSwitch}
        onCompare={onCompare}
      />
    ),
    [overview, lanes, cells, hues, onSwitch, onCompare],
  );
  return (
    <div class="na-time">
      <Slider {...scene} cells={cells} />
      {rows}
    </div>
  );
}
