/** Asks, before steps are paid for that ran already, whether they are to run again. */
import { useState } from "preact/hooks";
import type { Run, Step } from "../model.ts";
import type { PriceWire } from "../wire.ts";
import { Form, useFocus } from "./form.tsx";

/** What is to run again, and what that takes. */
export interface Asked {
  what: "retry" | "rerun";
  price: PriceWire;
  /** The run and the step that it was asked of. */
  of: string;
}

interface PriceProps {
  asked: Asked;
  /** The step that is to run again. */
  again: Step | null;
  onGo: (fresh: boolean) => void;
  onCancel: () => void;
}

const HEADS = {
  retry: () => "Retry",
  rerun: (step: Step | null) => `${step?.action}, step ${step?.seq}, once more in a fork from before it`,
};

export function PriceForm({ asked: { what, price }, again, onGo, onCancel }: PriceProps) {
  const first = useFocus<HTMLButtonElement>();
  return (
    <Form label="What it takes" onGo={() => onGo(false)} onClose={onCancel}>
      <p>
        {HEADS[what](again)}: {price.said}
      </p>
      {price.fresh && <p class="na-hint">If the model is asked anew: {price.fresh}</p>}
      <div class="na-acts">
        <button type="submit" class="na-button na-primary" ref={first}>
          {what === "retry" ? "Retry now" : "Run it again"}
        </button>
        {price.fresh && (
          <button type="button" class="na-button" onClick={() => onGo(true)}>
            Ask the model anew
          </button>
        )}
        <button type="button" class="na-button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </Form>
  );
}

interface Paying {
  run: Run | undefined;
  again: Step | null;
  onPrice: (what: Asked["what"]) => Promise<PriceWire | null>;
  onGoOn: (how: "retry") => void;
  onRerun: (fresh: boolean) => void;
}

/** Says what a retry or a further run of a step takes, and where that is something asks first; elsewhere it is not shown. */
export function usePrice(
  { run, again, onPrice, onGoOn, onRerun }: Paying,
  choose: (drawer: "price" | null) => void,
) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const of = `${run?.id} ${again?.seq}`;
  const price = asked?.of === of ? asked : null;
  const onAsk = async (what: Asked["what"]): Promise<void> => {
    const told = await onPrice(what);
    if (what === "retry" && !told?.live) onGoOn("retry");
    else if (told) {
      setAsked({ what, price: told, of });
      choose("price");
    }
  };
  const onAgain = (fresh: boolean): void => {
    choose(null);
    if (price?.what === "retry") onGoOn("retry");
    else onRerun(fresh);
  };
  return { price, onAsk: (what: Asked["what"]) => void onAsk(what), onAgain };
}
