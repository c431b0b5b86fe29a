import { useState } from "preact/hooks";
import { counted } from "../format.ts";
import { Go } from "./buttons.tsx";
import { Form } from "./form.tsx";

export interface Limits {
  maxCalls: number | null;
  maxCost: number | null;
}

const dollars = (cost: number): string => `$${Number(cost.toPrecision(6))}`;

/** What a command may spend, in a few words; nothing where there is no limit. */
export function budgetText({ maxCalls, maxCost }: Limits): string {
  const told = [
    maxCalls !== null && `≤ ${counted(maxCalls, "call")}`,
    maxCost !== null && `≤ ${dollars(maxCost)}`,
  ].filter(Boolean);
  return told.join(", ");
}

/** A limit as typed: null for none, undefined for what is no number. */
function limitOf(text: string): number | null | undefined {
  if (text.trim() === "") return null;
  const number = Number(text);
  return number >= 0 && number < Number.POSITIVE_INFINITY ? number : undefined;
}

interface FieldProps {
  name: string;
  hint: string;
  text: string;
  onText: (text: string) => void;
}

const Field = ({ name, hint, text, onText }: FieldProps) => (
  <label class="na-limit">
    <span>{name}</span>
    <input
      type="text"
      inputMode="decimal"
      placeholder={hint}
      value={text}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  </label>
);

const shown = (limit: number | null): string => (limit === null ? "" : `${limit}`);

interface FormProps {
  limits: Limits;
  onLimit: (limits: Limits) => void;
  onClose: () => void;
}

/** Asks what each command may spend on LLM calls. */
export function BudgetForm({ limits, onLimit, onClose }: FormProps) {
  const [calls, setCalls] = useState(shown(limits.maxCalls));
  const [cost, setCost] = useState(shown(limits.maxCost));
  const maxCalls = limitOf(calls);
  const maxCost = limitOf(cost);
  const wrong = maxCalls === undefined || maxCost === undefined || (maxCalls ?? 0) % 1 > 0;
  const go = (): void => {
    if (wrong) return;
    onLimit({ maxCalls, maxCost });
    onClose();
  };
  return (
    <Form class="na-form na-drawer na-limits" label="Budget" onGo={go} onClose={onClose}>
      <Field name="Most LLM calls" hint="no limit" text={calls} onText={setCalls} />
      <Field name="Most US dollars" hint="no limit" text={cost} onText={setCost} />
      <Go disabled={wrong}>Set</Go>
      <p class="na-hint">
        {wrong
          ? "A whole number of calls, a number of dollars; empty for no limit."
          : "For each Run, Step or Retry. Calls served from the record are free."}
      </p>
    </Form>
  );
}
