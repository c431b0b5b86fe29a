import type { FailureWire } from "../wire.ts";
import { Text } from "./value.tsx";

/** A line of a traceback; `from` and `to` enclose what the carets below it pointed at. */
export interface TraceLine {
  text: string;
  from: number;
  to: number;
}

const CARETS = /^([\s|]*)([~^]+)\s*$/;

/** The lines of a traceback, each with what was marked below it: such marks lose their place in a line that wraps. */
export function traceLines(traceback: string): TraceLine[] {
  const lines = traceback.trimEnd().split("\n");
  const marks = lines.map((line, i) => (i > 0 ? CARETS.exec(line) : null));
  return lines.flatMap((text, i) => {
    if (marks[i]) return [];
    const [, before = "", carets = ""] = marks[i + 1] ?? [];
    return [{ text, from: before.length, to: before.length + carets.length }];
  });
}

const Line = ({ line: { text, from, to } }: { line: TraceLine }) => (
  <span class={/^\s*(File "|Cell In\[)/.test(text) ? "na-trace-file" : ""}>
    {text.slice(0, from)}
    {to > from && <mark>{text.slice(from, to)}</mark>}
    {text.slice(to)}
    {"\n"}
  </span>
);

/** The exception of a failed step. */
export const ErrorView = ({ error }: { error: FailureWire | null }) =>
  error === null ? (
    <p class="na-empty">No error at this step.</p>
  ) : (
    <section class="na-failure">
      <h3>
        {error.type.replace(/^__main__\./, "")}
        <span>
          <Text text={error.message} />
        </span>
      </h3>
      <pre class="na-traceback">
        {traceLines(error.traceback).map((line, i) => (
          <Line key={i} line={line} />
        ))}
      </pre>
    </section>
  );
