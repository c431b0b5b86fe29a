import { useEffect, useRef, useState } from "preact/hooks";
import { isA } from "../kinds.ts";
import type { ChatWire, ValueWire } from "../wire.ts";
import { Go, Link, Plain } from "./buttons.tsx";
import { type Bubble, Chat, chatOf, Message, Writing } from "./chat.tsx";
import { Form, onEnter } from "./form.tsx";
import { Nothing } from "./nothing.tsx";
import type { Scene } from "./scene.ts";
import { Value } from "./value.tsx";

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
  return empty ? <Nothing>Nothing was said yet.</Nothing> : <Value value={said} />;
}

/** The message that is on its way, if what was said does not end with it. */
function pendingIn(said: ValueWire, sent: string): Bubble | null {
  const bubbles = chatOf(said)?.bubbles ?? [];
  const known = bubbles.slice(-3).some((one) => one.role === "user" && one.content === sent);
  return sent === "" || known ? null : { role: "user", content: sent, type: "text" };
}

interface BoxProps {
  input: string;
  past: string | null;
  disabled: boolean;
  onSend: (text: string) => void;
  /** Whether something goes on that can be ended. */
  goes: boolean;
  onStop: () => void;
}

/** Where a message is written; Enter sends it. */
function Box({ input, past, disabled, onSend, goes, onStop }: BoxProps) {
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
      {goes ? <Plain onClick={onStop}>Stop</Plain> : <Go disabled={disabled || text.trim() === ""}>Send</Go>}
    </Form>
  );
}

/** Why no message is taken now, where the run does not go on. */
function Hint({ viewer, broken, edited, run }: Scene) {
  if (edited !== 0) return <p class="na-note">An edit waits in State: Fork here takes it.</p>;
  if (broken === null) return null;
  return (
    <p class="na-note">
      <span>
        The run {run?.status === "interrupted" ? "was " : ""}
        {broken}.
      </span>
      <Link onClick={() => void viewer.goOn("retry")}>Retry</Link>
    </p>
  );
}

/** What was said so far, kept scrolled to its end. */
function Log({ said, sent, coming }: { said: ValueWire; sent: string; coming: string | null }) {
  const pending = pendingIn(said, sent);
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => log.current?.scrollTo(0, log.current.scrollHeight), [said, pending !== null]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div class="na-log" role="log" aria-label="Conversation" tabIndex={0} ref={log}>
      <Said said={said} />
      {pending && (
        <ol class="na-chat">
          <Message bubble={pending} />
        </ol>
      )}
      {coming !== null && <Writing by="assistant" text={coming} />}
    </div>
  );
}

/** What was said, and a box for what comes next. */
export function ChatBox({ chat, ...scene }: Scene & { chat: ChatWire }) {
  const { viewer, looks, atHead, edited } = scene;
  const { mode } = looks.control;
  const [sent, setSent] = useState("");
  const goes = looks.waiting !== null || mode !== "rest";
  const said = saidIn(looks.detail?.state ?? null, chat.output);
  const [text, broken] = atHead ? [looks.text, scene.broken] : ["", null];
  return (
    <div class="na-chatbox">
      <Log said={said} sent={goes ? sent : ""} coming={goes && mode !== "paused" ? text : null} />
      {!goes && <Hint {...scene} broken={broken} />}
      <Box
        input={chat.input}
        past={scene.past}
        goes={mode !== "rest"}
        onStop={() => void viewer.hold("stop")}
        disabled={goes || broken !== null || edited !== 0}
        onSend={(message) => {
          setSent(message);
          void viewer.run("run", { [chat.input]: message });
        }}
      />
    </div>
  );
}
