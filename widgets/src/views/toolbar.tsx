import { useRef, useState } from "preact/hooks";
import type { Run } from "../model.ts";
import type { InputWire, Json } from "../wire.ts";
import { Icon, type IconName } from "./icons.tsx";

interface FieldProps {
  input: InputWire;
  text: string;
  first: boolean;
  onText: (text: string) => void;
  onGo: () => void;
}

const HINTS = { text: "text", JSON: "JSON", any: "text or JSON" } as const;

/** What a text in the form stands for: JSON where it is some, but a text where one is asked for. */
export function readValue(text: string, type: InputWire["type"]): Json {
  if (type === "text") return text;
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "string" ? text : value;
  } catch {
    return text;
  }
}

function Field({ input, text, first, onText, onGo }: FieldProps) {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    onGo();
  };
  return (
    <label class="na-field">
      <span>
        {input.name}{" "}
        <span class="na-summary">
          {HINTS[input.type]}
          {!input.required && ", optional"}
        </span>
      </span>
      <textarea
        rows={1}
        value={text}
        required={input.required}
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        ref={(field) => {
          if (!field || !first || field.dataset.seen) return;
          field.dataset.seen = "yes";
          field.focus();
        }}
      />
    </label>
  );
}

interface FormProps {
  inputs: InputWire[];
  next: string | null;
  /** The place that a fork starts from, where one looks at the past. */
  past: string | null;
  onGo: (inputs: Record<string, Json>) => void;
  onCancel: () => void;
}

/** Asks for what the next action needs. */
export function InputForm({ inputs, next, past, onGo, onCancel }: FormProps) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const missing = inputs.some((input) => input.required && !texts[input.name]);
  const go = (): void => {
    const given = inputs.filter((input) => texts[input.name] !== undefined && texts[input.name] !== "");
    if (!missing)
      onGo(
        Object.fromEntries(
          given.map((input) => [input.name, readValue(texts[input.name] ?? "", input.type)]),
        ),
      );
  };
  return (
    <form
      class="na-form"
      aria-label={`Inputs for ${next ?? "the next action"}`}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
      onKeyDown={(event) => event.key === "Escape" && onCancel()}
    >
      {past !== null && (
        <p class="na-fork-note">This makes a fork from {past} and runs it; the run itself stays as it is.</p>
      )}
      {inputs.map((input, i) => (
        <Field
          key={input.name}
          input={input}
          first={i === 0}
          text={texts[input.name] ?? ""}
          onText={(text) => setTexts({ ...texts, [input.name]: text })}
          onGo={go}
        />
      ))}
      <div class="na-form-foot">
        <button type="submit" class="na-button na-primary" disabled={missing}>
          Start
        </button>
        <button type="button" class="na-button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface ActProps {
  name: string;
  icon: IconName;
  title: string;
  onClick: () => void;
  disabled?: boolean;
  primary?: boolean;
  expanded?: boolean | undefined;
}

const Act = ({ name, icon, title, onClick, disabled = false, primary = false, expanded }: ActProps) => (
  <button
    type="button"
    class={`na-button ${primary ? "na-primary" : ""}`}
    title={title}
    disabled={disabled}
    aria-expanded={expanded}
    onClick={onClick}
  >
    <Icon name={icon} />
    {name}
  </button>
);

export interface ToolbarProps {
  run: Run | undefined;
  /** The action that Run and Step go on with. */
  next: string | null;
  /** The place in the past that they fork from; null at the head. */
  past: string | null;
  inputs: InputWire[];
  busy: boolean;
  /** How many values were edited; null while one cannot be read. */
  edited: number | null;
  said: string;
  error: string;
  onRun: (how: "run" | "step", inputs: Record<string, Json>) => void;
  onRetry: () => void;
  onFork: () => void;
  onExport: () => void;
}

const forkTitle = (edited: number | null): string => {
  if (edited === null) return "An edit is no JSON yet";
  return edited === 0 ? "A new run from this step" : `A new run from this step with ${edited} edited`;
};

type Asking = "run" | "step" | null;

interface ActsProps extends ToolbarProps {
  /** Which of Run and Step has its form open. */
  asking: Asking;
  onBegin: (how: "run" | "step") => void;
}

/** Run, Step and, where the last step failed, Retry. */
function RunActs({ run, next, past, inputs, busy, asking, onBegin, onRetry }: ActsProps) {
  const failed = run?.status === "failed" || run?.status === "interrupted";
  const fork = past === null ? "" : `, in a fork from ${past}`;
  const expanded = (how: Asking): boolean | undefined => (inputs.length > 0 ? asking === how : undefined);
  return (
    <>
      <Act
        name="Run"
        icon="run"
        title={`Run on from ${next ?? "here"}${fork}`}
        disabled={busy || next === null}
        primary={!failed}
        expanded={expanded("run")}
        onClick={() => onBegin("run")}
      />
      <Act
        name="Step"
        icon="step"
        title={`Run ${next ?? "the next action"} alone${fork}`}
        disabled={busy || next === null}
        expanded={expanded("step")}
        onClick={() => onBegin("step")}
      />
      {failed && (
        <Act
          name="Retry"
          icon="retry"
          title="Go on from the failed step, with the code as it is now"
          disabled={busy}
          primary
          onClick={onRetry}
        />
      )}
    </>
  );
}

function ForkAct({ edited, busy, onFork }: Pick<ToolbarProps, "edited" | "busy" | "onFork">) {
  const some = edited !== null && edited > 0;
  return (
    <>
      <Act
        name="Fork here"
        icon="fork"
        title={forkTitle(edited)}
        disabled={busy || edited === null}
        primary={some}
        onClick={onFork}
      />
      {some && <span class="na-badge na-badge-edited">{edited} edited</span>}
    </>
  );
}

/** The commands, and one line that says what came of them. */
export function Toolbar(props: ToolbarProps) {
  const { next, past, inputs, busy, said, error, onRun } = props;
  const bar = useRef<HTMLDivElement>(null);
  const [chosen, ask] = useState<Asking>(null);
  const asking = busy ? null : chosen;
  const begin = (how: "run" | "step"): void => {
    if (inputs.length === 0) onRun(how, {});
    else ask(asking === how ? null : how);
  };
  const cancel = (): void => {
    bar.current?.querySelector<HTMLElement>('[aria-expanded="true"]')?.focus();
    ask(null);
  };
  const go = (given: Record<string, Json>): void => {
    if (asking) onRun(asking, given);
    ask(null);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: the buttons are no form */}
      <div class="na-toolbar" role="group" aria-label="Commands" ref={bar}>
        <RunActs {...props} asking={asking} onBegin={begin} />
        <span class="na-gap" />
        <ForkAct {...props} />
        <Act
          name="Export"
          icon="export"
          title="Write the run as a page that needs no kernel"
          disabled={busy}
          onClick={props.onExport}
        />
        <p class={`na-status ${error ? "na-problem" : ""}`} role="status" title={error || said}>
          {error || said}
        </p>
      </div>
      {asking && <InputForm inputs={inputs} next={next} past={past} onGo={go} onCancel={cancel} />}
    </>
  );
}
