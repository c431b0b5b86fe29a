import { counted } from "../format.ts";
import type { ControlWire } from "../wire.ts";
import { budgetText } from "./budget.tsx";
import { Plain, Quiet } from "./buttons.tsx";

/** What is open below the buttons. */
export type Drawer = "run" | "step" | "breakpoints" | "budget" | "price" | "keys" | null;

export interface LimitActsProps {
  control: ControlWire;
  drawer: Drawer;
  onDrawer: (drawer: Drawer) => void;
}

/** What limits a run: where it halts and what it may spend; and the help of keys. */
export function LimitActs({ control, drawer, onDrawer }: LimitActsProps) {
  const set = Object.keys(control.breakpoints).length;
  const limits = budgetText(control);
  const turn = (to: Drawer): void => onDrawer(drawer === to ? null : to);
  return (
    <span class="na-limit-acts">
      <Quiet
        aria-label={`Breakpoints, ${set} set`}
        aria-expanded={drawer === "breakpoints"}
        title="Where runs halt"
        onClick={() => turn("breakpoints")}
      >
        <span class={`na-bp ${set > 0 ? "na-set" : ""}`} aria-hidden="true" />
        {set > 0 && <b class="na-when-brief">{set}</b>}
        <span class="na-act-name">{set > 0 ? counted(set, "breakpoint") : "Breakpoints"}</span>
      </Quiet>
      <Quiet
        aria-label={`Budget, ${limits || "no limit"}`}
        aria-expanded={drawer === "budget"}
        title="What a command may spend on LLM calls"
        onClick={() => turn("budget")}
      >
        {limits || (
          <>
            <span class="na-act-name">Budget</span>
            <span class="na-when-brief">$</span>
          </>
        )}
      </Quiet>
      <Quiet
        aria-label="Keys"
        aria-keyshortcuts="?"
        aria-expanded={drawer === "keys"}
        title="Keys (?)"
        onClick={() => turn("keys")}
      >
        ?
      </Quiet>
    </span>
  );
}

/** Asks whether what cannot be taken back may be fired again. */
export const AllowEffects = ({ trouble, onAllow }: { trouble: string; onAllow: () => void }) => (
  <div class="na-banner na-ask" role="alert">
    <span>{trouble}</span>
    <Plain onClick={onAllow}>Allow effects</Plain>
  </div>
);
