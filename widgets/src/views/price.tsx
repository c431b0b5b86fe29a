/** Asks, before steps are paid for that ran already, whether they are to run again. */

import { useState } from "preact/hooks";
import type { Step } from "../model.ts";
import type { PriceWire } from "../wire.ts";
import { Go, Plain } from "./buttons.tsx";
import { Foot, Form, useFocus } from "./form.tsx";
import type { Scene } from "./scene.ts";

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
      <Foot onCancel={onCancel}>
        <Go ref={first}>{what === "retry" ? "Retry now" : "Run it again"}</Go>
        {price.fresh && <Plain onClick={() => onGo(true)}>Ask the model anew</Plain>}
      </Foot>
    </Form>
  );
}

/** Says what a retry or a further run of a step takes, and where that is something asks first; elsewhere it is not shown. */
export function usePrice({ run, again, viewer }: Scene, choose: (drawer: "price" | null) => void) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const of = `${run?.id} ${again?.seq}`;
  const price = asked?.of === of ? asked : null;
  const onAsk = async (what: Asked["what"]): Promise<void> => {
    const told = await viewer.price(what);
    if (what === "retry" && !told?.live) void viewer.goOn("retry");
    else if (told) {
      setAsked({ what, price: told, of });
      choose("price");
    }
  };
  const onAgain = (fresh: boolean): void => {
    choose(null);
    if (price?.what === "retry") void viewer.goOn("retry");
    else void viewer.rerun(fresh);
  };
  return { price, onAsk: (what: Asked["what"]) => void onAsk(what), onAgain };
}
