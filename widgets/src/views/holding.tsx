import type { ControlWire, Act as Hold } from "../wire.ts";
import { Act } from "./act.tsx";

interface HoldingProps {
  control: ControlWire;
  /** What the run was told and has not heard yet, and whether that waits for the end of a cell. */
  asked: Hold | null;
  held: boolean;
  onHold: (act: Hold) => void;
}

/** `queued` on the button whose click waits. */
export const queued = ({ asked, held }: HoldingProps, ...acts: Hold[]): string | undefined =>
  held && asked !== null && acts.includes(asked) ? "queued" : undefined;

/** Pause and Stop, which a run hears while it goes on. */
export function HoldingActs(props: HoldingProps) {
  const { control, asked, onHold } = props;
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
        onClick={() => onHold("pause")}
      />
      <Act
        name={stopping ? "Stopping" : "Stop"}
        icon="stop"
        brief
        title={
          stopping
            ? "It stops at its next call, piece of an answer or step"
            : "End the run; what it did is kept"
        }
        disabled={control.mode === "rest" || stopping || asked === "stop"}
        state={queued(props, "stop")}
        onClick={() => onHold("stop")}
      />
    </>
  );
}
