import { useEffect, useRef, useState } from "preact/hooks";
import { isA } from "../kinds.ts";
import type { ChatWire, ControlWire, ValueWire } from "../wire.ts";
import { type Bubble, Chat, chatOf, Message } from "./chat.tsx";
import { Form, onEnter } from "./form.tsx";
import { Value } from "./value.tsx";

export interface ChatBoxProps {
  chat: ChatWire;
  /** The state in view. */
  state: ValueWire;
  control: ControlWire;
  /** A command waits for its answer. */
  busy: boolean;
  /** An edit of the state in view waits for its fork. */
  edited: boolean;
  /** The place that a message makes a fork from, where one looks at the past. */
  past: string | null;
  /** How the run broke, such as `failed at answer`; null where it did not. */
  broken: string | null;
  /** What the running step has streamed so far. */
  streaming: string;
  onSend: (text: string) => void;
  onRetry: () => void;
}

const itemsOf = (state: ValueWire): [string, ValueWire][] => (isA(state, "dict") ? state.items : []);

/** What was said: the value of the key that is named, else of the first that looks like a chat. */
function saidIn(state: ValueWire, output: string | null): ValueWire {
  const items = itemsOf(state);
  const found = items.find(([key, value]) => (output === null ? chatOf(value) : key === output));
  return found?.[1] ?? null;
}

function Said({ said }: { said: ValueWire }) {
  const chat = chatOf(said);
  if (chat) return <Chat {...chat} freshFrom={Number.POSITIVE_INFINITY} />;
  const empty = said === null || (isA(said, "list") && said.size === 0);
  return empty ? <p class="na-empty">Nothing was said yet.</p> : <Value value={said} />;
}

/** The message that is on its way, if what was said does not end with it. */
function pendingIn(said: ValueWire, sent: string): Bubble | null {
  const bubbles = chatOf(said)?.bubbles ?? [];
  const known = bubbles.slice(-3).some((one) => one.role === "user" && one.content === sent);
  return sent === "" || known ? null : { role: "user", content: sent, type: "text" };
}

const Coming = ({ text }: { text: string }) => (
  <ol class="na-chat na-writing">
    <Message bubble={{ role: "assistant", content: text, type: "text" }} />
  </ol>
);

interface BoxProps {
  input: string;
  past: string | null;
  disabled: boolean;
  onSend: (text: string) => void;
}

/** Where a message is written; Enter sends it. */
function Box({ input, past, disabled, onSend }: BoxProps) {
  const [text, setText] = useState("");
  const send = (): void => {
    if (disabled || text.trim() === "") return;
    onSend(text);
    setText("");
  };
  return (
    <Form class="na-box" label="Chat" onGo={send}>
      <textarea
        rows={1}
        aria-label="Message"
        placeholder={past === null ? `${input} …` : `${input} …, in a fork from ${past}`}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onEnter(send)}
      />
      <button type="submit" class="na-button na-primary" disabled={disabled || text.trim() === ""}>
        Send
      </button>
    </Form>
  );
}

/** What was said, and a box for what comes next. */
export function ChatBox({
  chat,
  state,
  control,
  busy,
  edited,
  past,
  broken,
  streaming,
  onSend,
  onRetry,
}: ChatBoxProps) {
  const [sent, setSent] = useState("");
  const log = useRef<HTMLDivElement>(null);
  const goes = busy || control.mode !== "rest";
  const said = saidIn(state, chat.output);
  const pending = goes ? pendingIn(said, sent) : null;
  const length = streaming.length;
  useEffect(() => log.current?.scrollTo(0, log.current.scrollHeight), [said, pending !== null, length]);
  return (
    <div class="na-chatbox">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div class="na-log" role="log" aria-label="Conversation" tabIndex={0} ref={log}>
        <Said said={said} />
        {pending && (
          <ol class="na-chat">
            <Message bubble={pending} />
          </ol>
        )}
        {goes && control.mode !== "paused" && <Coming text={streaming} />}
      </div>
      {edited && <p class="na-note">An edit waits in State: Fork here takes it.</p>}
      {broken !== null && !goes && !edited && (
        <p class="na-note">
          <span>The run {broken}.</span>
          <button type="button" class="na-link" onClick={onRetry}>
            Retry
          </button>
        </p>
      )}
      <Box
        input={chat.input}
        past={past}
        disabled={goes || broken !== null || edited}
        onSend={(text) => {
          setSent(text);
          onSend(text);
        }}
      />
    </div>
  );
}
