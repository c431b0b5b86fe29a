import { useState } from "preact/hooks";
import type { InputWire, Json } from "../wire.ts";
import { Form, onEnter, useFocus } from "./form.tsx";

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
  const field = useFocus<HTMLTextAreaElement>(first);
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
        onKeyDown={onEnter(onGo)}
        ref={field}
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
    <Form label={`Inputs for ${next ?? "the next action"}`} onGo={go} onClose={onCancel}>
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
    </Form>
  );
}
