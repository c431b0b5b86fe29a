import { useState } from "preact/hooks";
import type { InputWire, Json } from "../wire.ts";
import { Go } from "./buttons.tsx";
import { hintOf, problemOf, read } from "./edit.tsx";
import { Foot, Form, onEnter, useFocus } from "./form.tsx";

interface FieldProps {
  input: InputWire;
  text: string;
  first: boolean;
  onText: (text: string) => void;
  onGo: () => void;
}

function Field({ input, text, first, onText, onGo }: FieldProps) {
  const field = useFocus<HTMLTextAreaElement>(first);
  const problem = text && problemOf(text, input.type);
  return (
    <label class="na-field">
      <span>
        {input.name}{" "}
        <span class={problem ? "na-problem" : "na-summary"}>
          {problem || hintOf(input.type) + (input.required ? "" : ", optional")}
        </span>
      </span>
      <textarea
        rows={1}
        value={text}
        required={input.required}
        aria-invalid={problem !== ""}
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
  onGo: (inputs: Record<string, Json>) => void;
  onCancel: () => void;
}

/** What was written for the inputs, or null while something is missing or cannot be read. */
function givenBy(inputs: InputWire[], texts: Record<string, string>): Record<string, Json> | null {
  const given: Record<string, Json> = {};
  for (const { name, required, type } of inputs) {
    const text = texts[name];
    const value = text ? read(text, type) : undefined;
    if (value !== undefined) given[name] = value;
    else if (text || required) return null;
  }
  return given;
}

/** Asks for what the next action needs. */
export function InputForm({ inputs, next, onGo, onCancel }: FormProps) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const given = givenBy(inputs, texts);
  const go = (): void => {
    if (given) onGo(given);
  };
  return (
    <Form label={`Inputs for ${next ?? "the next action"}`} onGo={go} onClose={onCancel}>
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
      <Foot onCancel={onCancel}>
        <Go disabled={!given}>Start</Go>
      </Foot>
    </Form>
  );
}
