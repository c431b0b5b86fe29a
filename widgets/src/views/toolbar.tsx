import { useRef, useState } from "preact/hooks";
import type { Run, Step } from "../model.ts";
import type { ControlWire, Act as Hold, InputWire, Json, PriceWire } from "../wire.ts";
import { Act } from "./act.tsx";
import { BreakList, type OnBreak } from "./breaks.tsx";
import { BudgetForm, type Limits } from "./budget.tsx";
import { HoldingActs, queued } from "./holding.tsx";
import { InputForm } from "./inputs.tsx";
import { Keys } from "./keys.tsx";
import { AllowEffects, type Drawer, LimitActs, type LimitActsProps } from "./limits.tsx";
import { type Asked, PriceForm, usePrice } from "./price.tsx";

export interface ToolbarProps {
  run: Run | undefined;
  /** The action that Run and Step go on with. */
  next: string | null;
  /** The place in the past that they fork from; null at the head. */
  past: string | null;
  inputs: InputWire[];
  /** A command waits for its answer. */
  busy: boolean;
  control: ControlWire;
  asked: Hold | null;
  held: boolean;
  /** The names of the graph's actions. */
  actions: readonly string[];
  /** How many values were edited; null while one cannot be read. */
  edited: number | null;
  said: string;
  error: string;
  onRun: (how: "run" | "step", inputs: Record<string, Json>) => void;
  onGoOn: (how: "retry" | "allow") => void;
  /** The completed step in view, which may run again; null where there is none. */
  again: Step | null;
  onPrice: (what: Asked["what"]) => Promise<PriceWire | null>;
  onRerun: (fresh: boolean) => void;
  onHold: (act: Hold) => void;
  onBreak: OnBreak;
  onLimit: (limits: Limits) => void;
  onFork: () => void;
  onExport: () => void;
}

const forkTitle = (edited: number | null): string => {
  if (edited === null) return "An edit cannot be read yet";
  return edited === 0 ? "A new run from this step" : `A new run from this step with ${edited} edited`;
};

interface ActsProps extends ToolbarProps {
  /** What has to be done before anything runs, if anything. */
  first: string;
  drawer: Drawer;
  onBegin: (how: "run" | "step") => void;
  onAsk: (what: Asked["what"]) => void;
}

export const FAILED: ReadonlySet<string> = new Set(["failed", "interrupted"]);

/** Why nothing runs while an edit waits, which it would leave behind; empty where none does. */
const editText = ({ edited, control }: ToolbarProps): string =>
  edited === 0
    ? ""
    : `An edit waits: ${control.mode === "rest" ? "" : "after Stop, "}Fork here takes it, Drop edit drops it`;

/** What Run and Step do now: begin, or move on a run that is held. */
function goingTitles({ next, past, control }: ActsProps): [string, string] {
  if (control.mode === "paused")
    return [`Let the run go on with ${control.at}`, `Make one step: ${control.at}`];
  const fork = past === null ? "" : `, in a fork from ${past}`;
  return [`Run on from ${next ?? "here"}${fork}`, `Run ${next ?? "the next action"} alone${fork}`];
}

/** Run, Step, Pause, Stop and, where the last step failed, Retry. */
function RunActs(props: ActsProps) {
  const { run, next, inputs, busy, control, asked, first, drawer, onBegin, onHold } = props;
  const paused = control.mode === "paused";
  const failed = run !== undefined && FAILED.has(run.status) && control.mode === "rest";
  const [runTitle, stepTitle] = goingTitles(props);
  const disabled = paused ? asked !== null : busy || control.mode !== "rest" || next === null;
  const expanded = (how: Drawer): boolean | undefined =>
    inputs.length > 0 && !paused ? drawer === how : undefined;
  return (
    <>
      <Act
        name="Run"
        icon="run"
        title={runTitle}
        first={first}
        disabled={disabled}
        primary={!failed && !first}
        expanded={expanded("run")}
        state={queued(props, "resume")}
        onClick={() => (paused ? onHold("resume") : onBegin("run"))}
      />
      <Act
        name="Step"
        icon="step"
        title={stepTitle}
        first={first}
        disabled={disabled}
        expanded={expanded("step")}
        state={queued(props, "step")}
        onClick={() => (paused ? onHold("step") : onBegin("step"))}
      />
      <HoldingActs {...props} />
      {failed && (
        <Act
          name="Retry"
          icon="retry"
          title="Go on from the failed step with the present code"
          first={first}
          disabled={busy}
          primary={!first}
          expanded={drawer === "price" || undefined}
          onClick={() => props.onAsk("retry")}
        />
      )}
    </>
  );
}

/** The step in view once more, where it completed. */
const RerunAct = ({ again, busy, first, drawer, onAsk }: ActsProps) =>
  again && (
    <Act
      name="Re-run this step"
      icon="retry"
      brief
      title={`Run ${again.action} again with the inputs it had, in a fork from before step ${again.seq}`}
      first={first}
      disabled={busy}
      expanded={drawer === "price"}
      onClick={() => onAsk("rerun")}
    />
  );

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

/** The form or list that is open. */
function Open(
  props: ToolbarProps &
    LimitActsProps & {
      price: Asked | null;
      onGo: (inputs: Record<string, Json>) => void;
      onAgain: (fresh: boolean) => void;
      onCancel: () => void;
    },
) {
  const { drawer, inputs, next, past, control, actions, onGo, onCancel, onBreak, onLimit } = props;
  if (drawer === "price" && props.price)
    return <PriceForm asked={props.price} again={props.again} onGo={props.onAgain} onCancel={onCancel} />;
  if (drawer === "breakpoints")
    return (
      <BreakList actions={actions} breakpoints={control.breakpoints} onBreak={onBreak} onClose={onCancel} />
    );
  if (drawer === "keys") return <Keys onClose={onCancel} />;
  if (drawer === "budget") return <BudgetForm limits={control} onLimit={onLimit} onClose={onCancel} />;
  if (drawer !== "run" && drawer !== "step") return null;
  return <InputForm inputs={inputs} next={next} past={past} onGo={onGo} onCancel={onCancel} />;
}

/** Which drawer is open; the forms of what runs only where a run may begin. */
function useDrawer({ busy, control, edited, onRun, inputs }: ToolbarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const [chosen, choose] = useState<Drawer>(null);
  const begins = chosen === "run" || chosen === "step" || chosen === "price";
  const drawer = begins && (busy || control.mode !== "rest" || edited !== 0) ? null : chosen;
  const close = (): void => {
    bar.current?.querySelector<HTMLElement>('[aria-expanded="true"]')?.focus();
    choose(null);
  };
  const begin = (how: "run" | "step"): void => {
    if (inputs.length === 0) onRun(how, {});
    else choose(drawer === how ? null : how);
  };
  const go = (given: Record<string, Json>): void => {
    if (drawer === "run" || drawer === "step") onRun(drawer, given);
    choose(null);
  };
  return { bar, drawer, choose, close, begin, go };
}

const HELD = {
  running: "",
  paused: "held: Run goes on, Step makes one step, Stop ends it",
  stopping: "stops at its next call, piece of an answer or step",
} as const;

/** What the status line says: of a run that goes on, what it can be told. */
function statusText({ control, asked, held, said }: ToolbarProps): string {
  if (held && asked !== null) return "queued until the cell ends";
  return control.mode === "rest" ? said : HELD[control.mode];
}

/** Why the last command failed; what asks for leave says so itself. */
const errorText = ({ error, control }: ToolbarProps): string =>
  error || (control.allow ? "" : control.trouble);

/** The commands, and one line that says what came of them. */
export function Toolbar(props: ToolbarProps) {
  const { busy, control } = props;
  const said = statusText(props);
  const { bar, drawer, choose, close, begin, go } = useDrawer(props);
  const { price, onAsk, onAgain } = usePrice(props, choose);
  const acts = { ...props, drawer, first: editText(props), onAsk, onBegin: begin };
  const idle = control.mode === "rest";
  const error = errorText(props);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: the buttons are no form */}
      <div class="na-toolbar" role="group" aria-label="Commands" ref={bar}>
        <RunActs {...acts} />
        <span class="na-gap" />
        <RerunAct {...acts} busy={busy || !idle} />
        <ForkAct {...props} busy={busy || !idle} />
        <Act
          name="Export"
          icon="export"
          brief
          title="Write the run as a page that needs no kernel"
          disabled={busy || !idle}
          onClick={props.onExport}
        />
        <p class={`na-status ${error ? "na-problem" : ""}`} role="status" title={error || said}>
          {error || said}
        </p>
        <LimitActs {...props} drawer={drawer} onDrawer={choose} />
      </div>
      {control.allow && idle && (
        <AllowEffects trouble={control.trouble} onAllow={() => props.onGoOn("allow")} />
      )}
      <Open
        {...props}
        drawer={drawer}
        price={price}
        onDrawer={choose}
        onGo={go}
        onAgain={onAgain}
        onCancel={close}
      />
    </>
  );
}
