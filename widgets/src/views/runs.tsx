import { useState } from "preact/hooks";
import { ago, counted } from "../format.ts";
import type { RunLine } from "../wire.ts";
import { Link } from "./buttons.tsx";
import { onEscape, useFocus } from "./form.tsx";
import { Nothing } from "./nothing.tsx";

interface RunsProps {
  /** Newest first; null while they are on their way. */
  lines: RunLine[] | null;
  inView: string;
  onPick: (run: string) => void;
  onCompare: (run: string) => void;
  onClose: () => void;
}

const MOST = 100;

const isFound = (line: RunLine, words: string): boolean => {
  const text =
    `${line.label} ${line.id} ${line.status} ${line.action ?? ""} ${line.parent ?? ""}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

/** The runs that a search leaves. */
export const foundIn = (lines: RunLine[], words: string, failed: boolean): RunLine[] =>
  lines.filter((line) => (!failed || line.status === "failed") && isFound(line, words));

function Line({ line, inView, onPick, onCompare }: { line: RunLine } & Omit<RunsProps, "lines" | "onClose">) {
  const now = line.id === inView;
  return (
    <li class={now ? "na-in-view" : ""}>
      <button
        type="button"
        class="na-run-line"
        aria-current={now}
        title={line.id}
        onClick={() => onPick(line.id)}
      >
        <span class={`na-status-dot na-is-${line.status}`} aria-hidden="true" />
        <b>{line.label}</b>
        <span>
          {line.status}
          {line.action !== null && line.status !== "completed" && ` at ${line.action}`}
        </span>
        <span class="na-run-facts">
          {line.parent !== null && <span>from {line.parent}</span>}
          <span>{counted(line.steps, "step")}</span>
          <span>{ago(line.updatedAt)}</span>
        </span>
      </button>
      {!now && (
        <Link aria-label={`Compare with ${line.label}`} onClick={() => onCompare(line.id)}>
          Compare
        </Link>
      )}
    </li>
  );
}

/** The project's runs: searched, and turned to by a click. */
export function RunsList({ lines, onClose, ...rest }: RunsProps) {
  const [words, setWords] = useState("");
  const [failed, setFailed] = useState(false);
  const field = useFocus<HTMLInputElement>();
  const found = foundIn(lines ?? [], words, failed);
  return (
    <section class="na-runs" aria-label="All runs" onKeyDown={onEscape(onClose)}>
      <div class="na-runs-head">
        <input
          type="search"
          aria-label="Search runs"
          placeholder="Search by label, id, action"
          value={words}
          ref={field}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <label>
          <input
            type="checkbox"
            checked={failed}
            onChange={(event) => setFailed(event.currentTarget.checked)}
          />{" "}
          failed only
        </label>
        <span class="na-summary">{lines === null ? "Loading…" : counted(found.length, "run")}</span>
        <Link onClick={onClose}>Close</Link>
      </div>
      <ul>
        {found.slice(0, MOST).map((line) => (
          <Line key={line.id} line={line} {...rest} />
        ))}
      </ul>
      {lines !== null && found.length === 0 && <Nothing>No run is like that.</Nothing>}
      {found.length > MOST && <p class="na-cut">… {counted(found.length - MOST, "older run")} not shown</p>}
    </section>
  );
}
