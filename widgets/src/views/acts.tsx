/** The commands' buttons. */
import type { Act as Hold } from "../wire.ts";
import { Act } from "./buttons.tsx";
import type { Drawer } from "./limits.tsx";
import type { Scene } from "./scene.ts";

export interface ActsProps extends Scene {
  drawer: Drawer;
  onBegin: (how: "run" | "step") => void;
  onAsk: (what: "retry" | "rerun") => void;
}

/** Why nothing runs while an edit waits, which it would leave behind; empty where none does. */
const editText = ({ edited, looks }: Scene): string =>
  edited === 0
    ? ""
    : `An edit waits: ${looks.control.mode === "rest" ? "" : "after Stop, "}Fork here takes it, Drop edit drops it`;

/** `queued` on the button whose click waits for the end of a cell. */
const queued = ({ looks: { asked, held } }: Scene, act: Hold): string | undefined =>
  held && asked === act ? "queued" : undefined;

/** What Run and Step do now: begin, or move on a run that is held. */
function goingTitle({ next, past, looks: { control } }: ActsProps, how: "run" | "step"): string {
  const [held, begun] =
    how === "run"
      ? ["Let the run go on with", `Run on from ${next ?? "here"}`]
      : ["Make one step:", `Run ${next ?? "the next action"} alone`];
  if (control.mode === "paused") return `${held} ${control.at}`;
  return past === null ? begun : `${begun}, in a fork from ${past}`;
}

/** What opens a form first, where something has to be asked. */
const isOpen = ({ inputs, looks, drawer }: ActsProps, how: Drawer): boolean | undefined =>
  inputs.length > 0 && looks.control.mode !== "paused" ? drawer === how : undefined;

/** Run, or Step. */
function GoAct({ how, primary, ...props }: ActsProps & { how: "run" | "step"; primary?: boolean }) {
  const { viewer, looks, next, busy, onBegin } = props;
  const paused = looks.control.mode === "paused";
  const first = editText(props);
  const [name, held] = how === "run" ? (["Run", "resume"] as const) : (["Step", how] as const);
  return (
    <Act
      name={name}
      icon={how}
      title={goingTitle(props, how)}
      first={first}
      disabled={paused ? looks.asked !== null : busy || next === null}
      primary={!!primary && !first}
      expanded={isOpen(props, how)}
      state={queued(props, held)}
      onClick={() => (paused ? void viewer.hold(held) : onBegin(how))}
    />
  );
}

/** Pause and Stop, which a run hears while it goes on. */
function HoldingActs(props: ActsProps) {
  const { viewer, looks } = props;
  const { control, asked } = looks;
  const stopping = control.mode === "stopping";
  return (
    <>
      <Act
        name="Pause"
        icon="pause"
        brief
        title="Hold the run before its next step"
        disabled={control.mode !== "running" || asked !== null}
        state={queued(props, "pause")}
        onClick={() => void viewer.hold("pause")}
      />
      <Act
        name={stopping ? "Stopping" : "Stop"}
        icon="stop"
        brief
        title="End the run; what it did is kept"
        disabled={control.mode === "rest" || stopping || asked === "stop"}
        state={queued(props, "stop")}
        onClick={() => void viewer.hold("stop")}
      />
    </>
  );
}

/** Retry, where one looks at the failed step. */
function RetryAct(props: ActsProps) {
  const { broken, atHead, busy, drawer, onAsk, looks } = props;
  const first = editText(props);
  return (
    broken &&
    atHead &&
    looks.control.mode === "rest" && (
      <Act
        name="Retry"
        icon="retry"
        title="Go on from the failed step with the present code"
        first={first}
        disabled={busy}
        primary={!first}
        expanded={drawer === "price" || undefined}
        onClick={() => onAsk("retry")}
      />
    )
  );
}

/** The step in view once more, where it completed. */
function RerunAct(props: ActsProps) {
  const { again, busy, drawer, onAsk } = props;
  return (
    again && (
      <Act
        name="Re-run this step"
        icon="retry"
        brief
        title={`Run ${again.action} again with the inputs it had, in a fork from before step ${again.seq}`}
        first={editText(props)}
        disabled={busy}
        expanded={drawer === "price"}
        onClick={() => onAsk("rerun")}
      />
    )
  );
}

function ForkAct({ viewer, edits, changes, edited, busy }: ActsProps) {
  const fork = (): void => {
    if (changes) void viewer.fork(changes).then(() => viewer.looks.error || edits.clear());
  };
  return (
    <Act
      name="Fork here"
      icon="fork"
      title={`A new run from this step${edited === 0 ? "" : ", with what was edited"}`}
      disabled={busy || edited === null}
      primary={!!edited}
      onClick={fork}
    />
  );
}

/** All of them: first what moves the run in view, then what makes something of the step in view. */
export const Acts = (props: ActsProps) => (
  <>
    <GoAct {...props} how="run" primary={!(props.broken && props.atHead)} />
    <GoAct {...props} how="step" />
    <HoldingActs {...props} />
    <RetryAct {...props} />
    <span class="na-gap" />
    <RerunAct {...props} />
    <ForkAct {...props} />
    <Act
      name="Export"
      icon="export"
      brief
      title="Write the run as a page that needs no kernel"
      disabled={props.busy}
      onClick={() => void props.viewer.exportPage()}
    />
  </>
);
