import { useState } from "preact/hooks";
import { summary } from "../format.ts";
import { isA } from "../kinds.ts";
import type { DiffWire, ValueWire } from "../wire.ts";
import { Tool } from "./buttons.tsx";
import { bubbleOf, Chat, chatOf, Message, Writing } from "./chat.tsx";
import { type Edit, Editor, editable } from "./edit.tsx";
import { Fold } from "./fold.tsx";
import { Nothing } from "./nothing.tsx";
import { Paged } from "./paged.tsx";
import { type Path, Value } from "./value.tsx";
import { useAsking, WhoTool } from "./who.tsx";

export interface StateProps {
  state: ValueWire;
  diff: DiffWire[];
  /** Streamed text of the running step. */
  streaming: string;
  edits: ReadonlyMap<string, Edit>;
  /** Begins, changes or (with null) drops an edit; undefined where nothing can be edited. */
  onEdit: ((key: string, edit: Edit | null) => void) | undefined;
}

/** The first key of a path such as `chat_history[4].content`. */
export const rootOf = (path: string): string => path.match(/^[^.[]+/)?.[0] ?? path;

/** The index that a path has in the list under a key, if it has one. */
const indexIn = (path: string, key: string): number => {
  const found = path.startsWith(`${key}[`) ? Number.parseInt(path.slice(key.length + 1), 10) : Number.NaN;
  return Number.isNaN(found) ? Number.POSITIVE_INFINITY : found;
};

const isLine = (value: ValueWire): boolean =>
  value === null ||
  typeof value !== "object" ||
  value.t === "other" ||
  value.t === "text" ||
  (value.t !== "image" && value.size === 0);

interface BodyProps {
  name: string;
  value: ValueWire;
  diff: DiffWire[];
  path: Path;
}

const Body = ({ value, path, ...rest }: BodyProps) => (
  <Paged value={value} path={path}>
    {(shown) => <Drawn value={shown} path={path} {...rest} />}
  </Paged>
);

function Drawn({ name, value, diff, path }: BodyProps) {
  const chat = chatOf(value);
  const freshFrom = Math.min(...diff.map((d) => indexIn(d.path, name)));
  if (chat) return <Chat {...chat} freshFrom={freshFrom} path={path} />;
  const bubble = bubbleOf(value);
  if (!bubble) return <Value value={value} path={path} />;
  return (
    <ol class="na-chat">
      <Message bubble={bubble} path={path} />
    </ol>
  );
}

interface RowProps {
  name: string;
  value: ValueWire;
  diff: DiffWire[];
  edit: Edit | undefined;
  onEdit: ((edit: Edit | null) => void) | undefined;
  path: Path;
}

const markOf = (name: string, diff: DiffWire[]): string => {
  if (diff.length === 0) return "";
  return diff.some((d) => d.kind === "added" && d.path === name) ? "new" : "changed";
};

/** Takes a value to the clipboard, where the host has one: text as it is, anything else as JSON. */
function Copy({ name, text }: { name: string; text: string }) {
  const [copied, setCopied] = useState("");
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(text);
  };
  return (
    navigator.clipboard && (
      <Tool
        name={`Copy ${name}`}
        icon={copied === text ? "check" : "copy"}
        onClick={() => void copy().catch(() => {})}
      />
    )
  );
}

function Head({ name, value, mark, line }: { name: string; value: ValueWire; mark: string; line: boolean }) {
  return (
    <>
      <span class="na-key">{name}</span>
      {!line && <span class="na-summary">{summary(value)}</span>}
      {mark && <span class="na-mark">{mark}</span>}
    </>
  );
}

/** Of more entries none is shown before one asks, as they would push away the keys below. */
const FEW = 20;

const isLong = (value: ValueWire): boolean => isA(value, "dict", "list") && value.size > FEW;

/** A key and its value, on one line where that fits. */
function Shown({ name, value, diff, path }: BodyProps) {
  const line = isLine(value);
  const head = <Head name={name} value={value} mark={markOf(name, diff)} line={line} />;
  const body = () => <Body name={name} value={value} diff={diff} path={path} />;
  const asking = useAsking(path);
  if (!line) {
    return (
      <Fold head={head} open={!isLong(value) || chatOf(value) !== null}>
        {body}
      </Fold>
    );
  }
  return (
    <>
      <div class="na-oneline-head">{head}</div>
      <div {...asking}>{body()}</div>
    </>
  );
}

/** Longer texts stand below their key where there is little room. */
const WORDY = 60;

const isWordy = (value: ValueWire): boolean =>
  isA(value, "text") || (typeof value === "string" && value.length > WORDY);

const rowClass = (value: ValueWire, diff: DiffWire[]): string =>
  `na-row ${diff.length > 0 ? "na-changed" : ""} ${isLine(value) ? "na-oneline" : ""} ${isWordy(value) ? "na-wordy" : ""}`;

function Row({ name, value, diff, edit, onEdit, path }: RowProps) {
  const start = editable(value);
  if (edit && onEdit) {
    return (
      <section class={rowClass(value, diff)}>
        <Editor name={name} edit={edit} onEdit={onEdit} />
      </section>
    );
  }
  return (
    <section class={rowClass(value, diff)}>
      <div class="na-edit">
        <WhoTool name={name} path={path} />
        {start && <Copy name={name} text={start.text} />}
        {onEdit && start && <Tool name={`Edit ${name}`} icon="edit" onClick={() => onEdit(start)} />}
      </div>
      <Shown name={name} value={value} diff={diff} path={path} />
    </section>
  );
}

/** The state by key; what the step changed is marked, chats are bubbles, and what is being written stands below the first. */
export function StateView({ state, diff, streaming, edits, onEdit }: StateProps) {
  const items: [string, ValueWire][] = isA(state, "dict") ? state.items : [["state", state]];
  const writing = streaming !== "" && <Writing key="" text={streaming} />;
  const chat = items.findIndex(([, value]) => chatOf(value));
  return (
    <>
      {items.length === 0 && <Nothing>The state is empty.</Nothing>}
      {items.map(([name, value], i) => [
        <Row
          key={name}
          name={name}
          value={value}
          diff={diff.filter((d) => rootOf(d.path) === name)}
          edit={edits.get(name)}
          onEdit={onEdit && ((edit) => onEdit(name, edit))}
          path={[i]}
        />,
        i === chat && writing,
      ])}
      {chat < 0 && writing}
    </>
  );
}
