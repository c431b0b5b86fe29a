import { useEffect, useRef } from "preact/hooks";
import { passages } from "../highlight.ts";
import { isA } from "../kinds.ts";
import type { DictValue, ValueWire } from "../wire.ts";
import { Code } from "./code.tsx";
import { keepInSight } from "./sight.ts";
import { Left, type Path, Text, Value } from "./value.tsx";
import { useAsking, Who } from "./who.tsx";

export interface Bubble {
  role: string;
  content: ValueWire;
  /** What the message calls itself, such as `code`. */
  type: string;
}

const SHOWN = new Set(["role", "content", "type"]);

const fieldOf = (value: DictValue, name: string): ValueWire | undefined =>
  value.items.find(([key]) => key === name)?.[1];

/** A value as a message of a chat, if it is a dict with a role and a content. */
export function bubbleOf(value: ValueWire): Bubble | null {
  if (!isA(value, "dict")) return null;
  const role = fieldOf(value, "role");
  const content = fieldOf(value, "content");
  const type = fieldOf(value, "type");
  if (typeof role !== "string" || content === undefined) return null;
  if (value.items.some(([key, item]) => !SHOWN.has(key) && item !== null)) return null;
  return { role, content, type: typeof type === "string" ? type : "text" };
}

/** A value as a chat, if it is a list of such messages. */
export function chatOf(value: ValueWire): Omit<ChatProps, "freshFrom" | "path"> | null {
  if (!isA(value, "list") || value.items.length === 0) return null;
  const bubbles = value.items.map(bubbleOf);
  if (!bubbles.every((bubble) => bubble !== null)) return null;
  const before = value.start ?? 0;
  return { bubbles, before, after: value.size - before - bubbles.length };
}

function Passages({ text, type }: { text: string; type: string }) {
  const parts = passages(text);
  const bare = type === "code" && !parts.some((part) => part.code);
  if (bare) return <Code text={text} />;
  return parts.map((part, i) =>
    part.code ? (
      <Code key={i} text={part.text} language={part.language} />
    ) : (
      <Text key={i} text={part.text} />
    ),
  );
}

const partText = (value: DictValue): string | null => {
  const text = fieldOf(value, "text");
  return typeof text === "string" ? text : null;
};

/** One part of a message that has several, such as text and an image. */
function Part({ value }: { value: ValueWire }) {
  const text = isA(value, "dict") ? partText(value) : null;
  return text === null ? <Value value={value} /> : <Passages text={text} type="text" />;
}

/** What a message says: text, code, images. */
export function Content({ value, type = "text" }: { value: ValueWire; type?: string }) {
  if (typeof value === "string") return <Passages text={value} type={type} />;
  if (isA(value, "list")) return value.items.map((part, i) => <Part key={i} value={part} />);
  return <Value value={value} />;
}

const SIDES = new Set(["user", "assistant", "system", "tool"]);

interface MessageProps {
  bubble: Bubble;
  fresh?: boolean;
  path?: Path;
}

export function Message({ bubble, fresh = false, path }: MessageProps) {
  const asking = useAsking(path);
  return (
    <li
      class={`na-bubble na-from-${SIDES.has(bubble.role) ? bubble.role : "other"} ${fresh ? "na-fresh" : ""}`}
    >
      <Who name={bubble.role} path={path} class="na-role" />
      <div class="na-said" {...asking}>
        <Content value={bubble.content} type={bubble.type} />
      </div>
    </li>
  );
}

interface ChatProps {
  bubbles: Bubble[];
  /** How many messages before and after these are left out. */
  before: number;
  after: number;
  /** Messages from this one on are new at this step. */
  freshFrom: number;
  /** Where the chat lies in the state; missing where that is not asked about. */
  path?: Path;
}

/** A conversation as bubbles, which take in other messages where another part of it is shown: that is quicker than new ones. */
export const Chat = ({ bubbles, before, after, freshFrom, path }: ChatProps) => (
  <ol class="na-chat">
    <Left n={before} noun="message" where="before" />
    {bubbles.map((bubble, i) => (
      <Message key={i} bubble={bubble} fresh={before + i >= freshFrom} path={path && [...path, before + i]} />
    ))}
    <Left n={after} noun="message" where="more" />
  </ol>
);

/** Below the edge by more than this, one looks at something else. */
const NEAR_PX = 200;

/** What is being written, kept in sight. */
export function Writing({ text, by = "writing" }: { text: string; by?: string }) {
  const at = useRef<HTMLLIElement>(null);
  const before = useRef("");
  useEffect(() => {
    const pane = at.current?.closest('[role="tabpanel"], [role="log"]');
    if (pane) keepInSight(at.current as Element, pane, before.current ? NEAR_PX : undefined);
    before.current = text;
  }, [text]);
  return (
    <ol class="na-chat na-writing" aria-busy="true">
      <Message bubble={{ role: by, content: text, type: "text" }} />
      <li ref={at} />
    </ol>
  );
}
