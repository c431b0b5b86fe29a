import type { ComponentChildren } from "preact";
import { counted } from "../format.ts";
import type { FailureWire } from "../wire.ts";
import { Fold } from "./fold.tsx";
import { Nothing } from "./nothing.tsx";
import { Text } from "./value.tsx";

/** A line of a traceback; `from` and `to` enclose what the carets below it pointed at. */
export interface TraceLine {
  text: string;
  from: number;
  to: number;
  /** It is of an installed package. */
  theirs: boolean;
}

const FILE = /^\s*(File "|Cell In\[)/;
const INSTALLED = /[\\/](site-packages|python[\d.]+)[\\/]/;

const CARETS = /^([\s|]*)([~^]+)\s*$/;

/** The lines of a traceback, each with what was marked below it: such marks lose their place in a line that wraps. */
export function traceLines(traceback: string): TraceLine[] {
  const lines = traceback.trimEnd().split("\n");
  const marks = lines.map((line, i) => (i > 0 ? CARETS.exec(line) : null));
  let theirs = false;
  return lines.flatMap((text, i) => {
    if (marks[i]) return [];
    theirs = FILE.test(text) ? INSTALLED.test(text) : theirs && /^\s/.test(text);
    const [, before = "", carets = ""] = marks[i + 1] ?? [];
    return [{ text, from: before.length, to: before.length + carets.length, theirs }];
  });
}

const Line = ({ line: { text, from, to } }: { line: TraceLine }) => (
  <span class={FILE.test(text) ? "na-trace-file" : ""}>
    {text.slice(0, from)}
    {to > from && <mark>{text.slice(from, to)}</mark>}
    {text.slice(to)}
    {"\n"}
  </span>
);

/** The lines as they follow each other, one's own and those of packages apart. */
function stretches(lines: TraceLine[]): TraceLine[][] {
  const all: TraceLine[][] = [];
  for (const line of lines) {
    const last = all.at(-1);
    if (last?.[0]?.theirs === line.theirs) last.push(line);
    else all.push([line]);
  }
  return all;
}

/** Lines of packages are folded, so that one's own are seen. */
function Stretch({ lines }: { lines: TraceLine[] }) {
  const drawn = (): ComponentChildren => lines.map((line, i) => <Line key={i} line={line} />);
  if (!lines[0]?.theirs) return <>{drawn()}</>;
  return <Fold head={`${counted(lines.length, "line")} in packages`}>{drawn}</Fold>;
}

/** A traceback without its end, where that only says the message again, which stands above it. */
function untold({ message, traceback }: FailureWire): string {
  const text = traceback.trimEnd();
  if (!message || !text.endsWith(message)) return text;
  return text.slice(0, Math.max(0, text.lastIndexOf("\n", text.length - message.length - 1)));
}

const Traceback = ({ text }: { text: string }) => (
  <pre class="na-traceback">
    {stretches(traceLines(text)).map((lines, i) => (
      <Stretch key={i} lines={lines} />
    ))}
  </pre>
);

/** The exception of a failed step. */
export function ErrorView({ error }: { error: FailureWire | null }) {
  if (!error) return <Nothing>No error at this step.</Nothing>;
  const text = untold(error);
  return (
    <section class="na-failure">
      <h3>
        {error.type.replace(/^__main__\./, "")}
        <span>
          <Text text={error.message} />
        </span>
      </h3>
      {text && <Traceback text={text} />}
    </section>
  );
}
