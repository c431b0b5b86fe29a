import { useRef, useState } from "preact/hooks";
import { counted } from "../format.ts";
import type { Run } from "../model.ts";
import type { ControlWire, Act as Hold, InputWire, Json } from "../wire.ts";
import { Act } from "./act.tsx";
import { BreakList, type OnBreak } from "./breaks.tsx";
import { BudgetForm, budgetText, type Limits } from "./budget.tsx";
import { HoldingActs, queued } from "./holding.tsx";
import { InputForm } from "./inputs.tsx";

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
  onRun: (how: "run" | "step", inputs: Record<string, Json>, allow: boolean) => void;
  onRetry: (allow: boolean) => void;
  onHold: (act: Hold) => void;
  onBreak: OnBreak;
  onLimit: (limits: Limits) => void;
  onFork: () => void;
  onExport: () => void;
}

const forkTitle = (edited: number | null): string => {
  if (edited === null) return "An edit is no JSON yet";
  return edited === 0 ? "A new run from this step" : `A new run from this step with ${edited} edited`;
};

/** What is open below the buttons. */
type Drawer = "run" | "step" | "breakpoints" | "budget" | null;

interface ActsProps extends ToolbarProps {
  drawer: Drawer;
  onBegin: (how: "run" | "step") => void;
}

export const FAILED: ReadonlySet<string> = new Set(["failed", "interrupted"]);

/** What Run and Step do now: begin, or move on a run that is held. */
function goingTitles({ next, past, control }: ActsProps): [string, string] {
  if (control.mode === "paused")
    return [`Let the run go on with ${control.at}`, `Make one step: ${control.at}`];
  const fork = past === null ? "" : `, in a fork from ${past}`;
  return [`Run on from ${next ?? "here"}${fork}`, `Run ${next ?? "the next action"} alone${fork}`];
}

/** Run, Step, Pause, Stop and, where the last step failed, Retry. */
function RunActs(props: ActsProps) {
  const { run, next, inputs, busy, control, asked, drawer, onBegin, onRetry, onHold } = props;
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
        disabled={disabled}
        primary={!failed}
        expanded={expanded("run")}
        state={queued(props, "resume")}
        onClick={() => (paused ? onHold("resume") : onBegin("run"))}
      />
      <Act
        name="Step"
        icon="step"
        title={stepTitle}
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
          title="Go on from the failed step, with the code as it is now"
          disabled={busy}
          primary
          onClick={() => onRetry(false)}
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

interface LimitActsProps extends ToolbarProps {
  drawer: Drawer;
  onDrawer: (drawer: Drawer) => void;
}

/** What limits a run: where it halts and what it may spend. */
function LimitActs({ control, drawer, onDrawer }: LimitActsProps) {
  const set = Object.keys(control.breakpoints).length;
  const turn = (to: Drawer): void => onDrawer(drawer === to ? null : to);
  return (
    <span class="na-limit-acts">
      <button
        type="button"
        class="na-quiet"
        aria-label={`Breakpoints, ${set} set`}
        aria-expanded={drawer === "breakpoints"}
        title="Where runs halt"
        onClick={() => turn("breakpoints")}
      >
        <span class={`na-bp ${set > 0 ? "na-set" : ""}`} aria-hidden="true" />
        {set > 0 && <b class="na-when-brief">{set}</b>}
        <span class="na-act-name">{set > 0 ? counted(set, "breakpoint") : "Breakpoints"}</span>
      </button>
      <button
        type="button"
        class="na-quiet"
        aria-label={`Budget, ${budgetText(control) === "Budget" ? "no limit" : budgetText(control)}`}
        aria-expanded={drawer === "budget"}
        title="What a command may spend on LLM calls"
        onClick={() => turn("budget")}
      >
        {budgetText(control)}
      </button>
    </span>
  );
}

/** Asks whether what cannot be taken back may be fired again. */
const AllowEffects = ({ trouble, onAllow }: { trouble: string; onAllow: () => void }) => (
  <div class="na-banner na-ask" role="alert">
    <span>{trouble}</span>
    <button type="button" class="na-button" title="Fire it once more" onClick={onAllow}>
      Allow effects
    </button>
  </div>
);

/** The form or list that is open. */
function Open(
  props: LimitActsProps & { onGo: (inputs: Record<string, Json>) => void; onCancel: () => void },
) {
  const { drawer, inputs, next, past, control, actions, onGo, onCancel, onBreak, onLimit } = props;
  if (drawer === "breakpoints")
    return <BreakList actions={actions} breakpoints={control.breakpoints} onBreak={onBreak} />;
  if (drawer === "budget") return <BudgetForm limits={control} onLimit={onLimit} onClose={onCancel} />;
  if (drawer === null) return null;
  return <InputForm inputs={inputs} next={next} past={past} onGo={onGo} onCancel={onCancel} />;
}

/** Which drawer is open; the forms of Run and Step only where a run may begin. */
function useDrawer({ busy, control, onRun, inputs }: ToolbarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const [chosen, choose] = useState<Drawer>(null);
  const [allow, setAllow] = useState(false);
  const begins = chosen === "run" || chosen === "step";
  const drawer = begins && (busy || control.mode !== "rest") ? null : chosen;
  const close = (): void => {
    bar.current?.querySelector<HTMLElement>('[aria-expanded="true"]')?.focus();
    choose(null);
  };
  const begin = (how: "run" | "step", allowed = false): void => {
    setAllow(allowed);
    if (inputs.length === 0) onRun(how, {}, allowed);
    else choose(drawer === how ? null : how);
  };
  const go = (given: Record<string, Json>): void => {
    if (drawer === "run" || drawer === "step") onRun(drawer, given, allow);
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

/** The commands, and one line that says what came of them. */
export function Toolbar(props: ToolbarProps) {
  const { run, busy, control, onRetry } = props;
  const said = statusText(props);
  const { bar, drawer, choose, close, begin, go } = useDrawer(props);
  const idle = control.mode === "rest";
  const error = props.error || (control.allow ? "" : control.trouble);
  const allow = (): void => {
    if (run && FAILED.has(run.status)) onRetry(true);
    else begin("run", true);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: the buttons are no form */}
      <div class="na-toolbar" role="group" aria-label="Commands" ref={bar}>
        <RunActs {...props} drawer={drawer} onBegin={begin} />
        <span class="na-gap" />
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
      {control.allow && idle && <AllowEffects trouble={control.trouble} onAllow={allow} />}
      <Open {...props} drawer={drawer} onDrawer={choose} onGo={go} onCancel={close} />
    </>
  );
}
