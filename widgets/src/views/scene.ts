/** All that the panel's parts are drawn from. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { BROKEN, runSentence } from "../format.ts";
import type { Looks } from "../looks.ts";
import type { Run } from "../model.ts";
import { runIn } from "../saying.ts";
import { type Point, placeKey } from "../timeline.ts";
import type { Viewer } from "../viewer.ts";
import { VisitCounter } from "../visits.ts";
import type { Detail, InputWire } from "../wire.ts";
import { type Edit, editsOf } from "./edit.tsx";
import { huesOf } from "./hues.ts";

/** What the viewer looks at, drawn again when that changes. */
export function useLooks(viewer: Viewer): Looks {
  const [looks, setLooks] = useState(viewer.looks);
  useEffect(() => {
    setLooks(viewer.looks);
    return viewer.listen(() => setLooks(viewer.looks));
  }, [viewer]);
  return looks;
}

const NO_EDITS: ReadonlyMap<string, Edit> = new Map();

/** How many values were edited; null while one cannot be read. */
function countOf(edits: ReadonlyMap<string, Edit>): number | null {
  const changes = editsOf(edits);
  return changes && Object.keys(changes).length;
}

/** What a run is called. */
export const labelIn = (runs: Pick<Run, "id" | "label">[], id: string): string =>
  runs.find((run) => run.id === id)?.label ?? id;

/** Edits belong to the place where they were made. */
function useEdits(place: string) {
  const [all, setAll] = useState<ReadonlyMap<string, ReadonlyMap<string, Edit>>>(new Map());
  const edits = all.get(place) ?? NO_EDITS;
  const change = (how: (here: Map<string, Edit>) => void): void =>
    setAll((before) => {
      const here = new Map(before.get(place));
      how(here);
      return new Map(before).set(place, here);
    });
  const onEdit = (key: string, edit: Edit | null): void =>
    change((here) => (edit ? here.set(key, edit) : here.delete(key)));
  /** Drops those edits that are still as they are drawn now. */
  const clear = (): void =>
    change((here) => {
      for (const [key, edit] of edits) if (here.get(key) === edit) here.delete(key);
    });
  /** Another place that has some. */
  const [elsewhere] = [...all].find(([key, there]) => key !== place && countOf(there) !== 0) ?? [];
  return { edits, onEdit, clear, elsewhere };
}

/** What Run and Step go on with. */
interface Going {
  /** The next action. */
  next: string | null;
  /** What it takes. */
  inputs: InputWire[];
  /** The place in the past that a fork starts from; null at the head. */
  past: string | null;
}

const goesOn = ({ overview }: Looks, run: Run | undefined): Going => ({
  next: run?.next ?? null,
  inputs: overview.inputs,
  past: null,
});

const forksAt = ({ seq }: Point, detail: Detail | null): Going => ({
  next: detail?.goesOn ?? null,
  inputs: detail?.asks ?? [],
  past: seq === null ? "the start" : `step ${seq}`,
});

/** Where one goes from here; the same for every drawing, so that what takes it is not drawn again. */
const waysOf = (viewer: Viewer) => ({
  move: (to: number): void => viewer.move(to),
  onSwitch: (to: string): void => void viewer.switchTo(to),
  onCompare: (to: string): void => void viewer.compare(to),
});

/** All that the parts are drawn from: what is looked at, and what follows from it. */
export function useScene(viewer: Viewer) {
  const id = useMemo(() => `na${Math.random().toString(36).slice(2)}`, []);
  const looks = useLooks(viewer);
  const { overview, points, at } = looks;
  const point = viewer.point;
  const here = placeKey(point);
  const hues = useMemo(() => huesOf(overview.graph), [overview.graph]);
  const counter = useMemo(() => new VisitCounter(), []);
  const visits = useMemo(() => counter.of(points, at), [points, at]);
  const goes = useMemo(() => waysOf(viewer), [viewer]);
  const run = runIn(overview);
  const atHead = at === points.length - 1;
  const late = looks.shown !== here;
  const edits = useEdits(here);
  return {
    viewer,
    id,
    looks,
    point,
    hues,
    visits,
    ...goes,
    edits,
    changes: editsOf(edits.edits),
    /** How many values were edited here; null while one cannot be read. */
    edited: countOf(edits.edits),
    run,
    /** How the run broke, such as `failed at answer`; null where it did not. */
    broken: run && BROKEN.has(run.status) ? runSentence(run) : null,
    /** The completed step in view, which may run again; null where there is none. */
    again: point.step?.status === "completed" ? point.step : null,
    atHead,
    /** Nothing can be begun now. */
    busy: looks.waiting !== null || looks.control.mode !== "rest",
    head: points.at(-1)?.seq ?? null,
    late,
    ...(atHead ? goesOn(looks, run) : forksAt(point, late ? null : looks.detail)),
  };
}

export type Scene = ReturnType<typeof useScene>;
