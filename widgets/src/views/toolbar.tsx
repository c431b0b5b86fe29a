import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Json } from "../wire.ts";
import { Acts } from "./acts.tsx";
import { BreakList } from "./breaks.tsx";
import { BudgetForm } from "./budget.tsx";
import { InputForm } from "./inputs.tsx";
import { Keys } from "./keys.tsx";
import { AllowEffects, type Drawer, LimitActs } from "./limits.tsx";
import { type Asked, PriceForm, usePrice } from "./price.tsx";
import type { Scene } from "./scene.ts";

interface OpenProps extends Scene {
  drawer: Drawer;
  price: Asked | null;
  onGo: (inputs: Record<string, Json>) => void;
  onAgain: (fresh: boolean) => void;
  onCancel: () => void;
}

/** The form or list that is open. */
function Open({ drawer, price, viewer, looks, onAgain, onCancel, ...props }: OpenProps) {
  const { nodes } = looks.overview.graph;
  const actions = useMemo(
    () => nodes.filter((node) => node.kind === "action").map((node) => node.name),
    [nodes],
  );
  if (drawer === "price" && price)
    return <PriceForm asked={price} again={props.again} onGo={onAgain} onCancel={onCancel} />;
  if (drawer === "breakpoints")
    return (
      <BreakList
        actions={actions}
        breakpoints={looks.control.breakpoints}
        onBreak={(action, condition) => viewer.breakAt(action, condition)}
        onClose={onCancel}
      />
    );
  if (drawer === "keys") return <Keys onClose={onCancel} />;
  if (drawer === "budget")
    return (
      <BudgetForm
        limits={looks.control}
        onLimit={({ maxCalls, maxCost }) => void viewer.limit(maxCalls, maxCost)}
        onClose={onCancel}
      />
    );
  return drawer === "run" || drawer === "step" ? <InputForm onCancel={onCancel} {...props} /> : null;
}

/** Which drawer is open; the forms of what runs only where a run may begin, and until that would be another. */
function useDrawer({ viewer, edited, inputs, run, past, next, busy }: Scene) {
  const bar = useRef<HTMLDivElement>(null);
  const [chosen, choose] = useState<Drawer>(null);
  const begins = chosen === "run" || chosen === "step" || chosen === "price";
  const drawer = begins && (busy || edited !== 0) ? null : chosen;
  useLayoutEffect(() => {
    if (begins) choose(null);
  }, [run?.id, past, next]);
  const close = (): void => {
    bar.current?.querySelector<HTMLElement>('[aria-expanded="true"]')?.focus();
    choose(null);
  };
  const begin = (how: "run" | "step"): void => {
    if (inputs.length === 0) void viewer.run(how, {});
    else choose(drawer === how ? null : how);
  };
  const go = (given: Record<string, Json>): void => {
    if (drawer === "run" || drawer === "step") void viewer.run(drawer, given);
    choose(null);
  };
  return { bar, drawer, choose, close, begin, go };
}

/** The commands, and what opens below them. */
export function Toolbar(scene: Scene) {
  const { viewer, looks } = scene;
  const { control } = looks;
  const idle = control.mode === "rest";
  const { bar, drawer, choose, close, begin, go } = useDrawer(scene);
  const { price, onAsk, onAgain } = usePrice(scene, choose);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: the buttons are no form */}
      <div class="na-toolbar" role="group" aria-label="Commands" ref={bar}>
        <Acts {...scene} drawer={drawer} onBegin={begin} onAsk={onAsk} />
        <LimitActs control={control} drawer={drawer} onDrawer={choose} />
      </div>
      {control.allow && idle && (
        <AllowEffects trouble={control.trouble} onAllow={() => void viewer.goOn("allow")} />
      )}
      <Open {...scene} drawer={drawer} price={price} onGo={go} onAgain={onAgain} onCancel={close} />
    </>
  );
}
