import type { DictValue, InputWire, Json, ListValue, ValueWire } from "../wire.ts";
import { Link } from "./buttons.tsx";
import { onEscape, useFocus } from "./form.tsx";

/** A value being edited; text stays text, anything else is written as JSON. */
export interface Edit {
  text: string;
  isText: boolean;
  original: string;
}

/** The value as JSON, or undefined where something of it is not there or is no JSON. */
export function jsonOf(value: ValueWire): Json | undefined {
  if (value === null || typeof value !== "object") return value;
  if (value.t === "list") return listOf(value);
  return value.t === "dict" ? dictOf(value) : undefined;
}

function listOf(value: ListValue): Json | undefined {
  if (value.type !== "list" || value.items.length !== value.size) return undefined;
  const items = value.items.map(jsonOf);
  return items.includes(undefined) ? undefined : (items as Json[]);
}

function dictOf(value: DictValue): Json | undefined {
  if (value.type || value.items.length !== value.size) return undefined;
  const entries = value.items.map(([key, item]) => [key, jsonOf(item)] as const);
  return entries.some(([, item]) => item === undefined) ? undefined : (Object.fromEntries(entries) as Json);
}

/** The edit to begin with, or null for a value that cannot be edited here. */
export function editable(value: ValueWire): Edit | null {
  if (typeof value === "string") return { text: value, isText: true, original: value };
  const json = jsonOf(value);
  if (json === undefined) return null;
  const text = JSON.stringify(json, null, 2);
  return { text, isText: false, original: text };
}

type Kind = InputWire["type"];

/** What can be written for a kind of value. */
export const hintOf = (kind: Kind): string => (kind === "any" ? "text or JSON" : kind);

function fits(value: Json, kind: Kind): boolean {
  if (kind === "a whole number") return Number.isSafeInteger(value);
  if (kind === "a number") return Number.isFinite(value);
  return (
    kind === "JSON" || (kind === "true or false" ? typeof value === "boolean" : typeof value !== "string")
  );
}

/** What a text says as a value of a kind, or undefined while it says none; a text stays as it was typed. */
export function read(text: string, kind: Kind): Json | undefined {
  if (kind === "text") return text;
  try {
    const value = JSON.parse(text) as Json;
    if (fits(value, kind)) return value;
  } catch {}
  return kind === "any" ? text : undefined;
}

/** Why a text is no value of a kind; empty where it is one. */
export const problemOf = (text: string, kind: Kind): string =>
  read(text, kind) === undefined ? `This is not ${hintOf(kind)} yet.` : "";

const kindOf = (edit: Edit): Kind => (edit.isText ? "text" : "JSON");

/** The edits that change something, or null while one cannot be read. */
export function editsOf(edits: ReadonlyMap<string, Edit>): Record<string, Json> | null {
  const made: Record<string, Json> = {};
  for (const [name, edit] of edits) {
    const value = read(edit.text, kindOf(edit));
    if (value === undefined) return null;
    if (edit.text !== edit.original) made[name] = value;
  }
  return made;
}

interface EditorProps {
  name: string;
  edit: Edit;
  onEdit: (edit: Edit | null) => void;
}

/** A field for one state value; *Fork here* takes what stands in it. */
export function Editor({ name, edit, onEdit }: EditorProps) {
  const field = useFocus<HTMLTextAreaElement>();
  const problem = problemOf(edit.text, kindOf(edit));
  const rows = Math.min(14, Math.max(2, edit.text.split("\n").length));
  return (
    <div class="na-editor">
      <label>
        <span class="na-key">{name}</span>
        <span class="na-summary">{kindOf(edit)}</span>
        <textarea
          aria-label={name}
          rows={rows}
          spellcheck={false}
          value={edit.text}
          aria-invalid={problem !== ""}
          ref={field}
          onInput={(event) => onEdit({ ...edit, text: event.currentTarget.value })}
          onKeyDown={onEscape(() => onEdit(null))}
        />
      </label>
      <div class="na-editor-foot">
        <span class={problem ? "na-problem" : "na-hint"}>{problem || "Fork here makes a run with it."}</span>
        <Link onClick={() => onEdit(null)}>Drop edit</Link>
      </div>
    </div>
  );
}
