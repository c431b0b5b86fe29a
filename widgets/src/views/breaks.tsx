import { useState } from "preact/hooks";
import type { NodeWire } from "../wire.ts";
import { Tool } from "./buttons.tsx";
import { onEnter, onEscape } from "./form.tsx";

export type Breakpoints = Readonly<Record<string, string>>;
/** Sets a breakpoint with its condition, empty for always; null takes it away. */
export type OnBreak = (action: string, condition: string | null) => unknown;

/** What a breakpoint adds to what a screen reader calls a node. */
export const breakText = (name: string, breakpoints: Breakpoints): string =>
  name in breakpoints ? ", breakpoint" : "";

/** What a click on a breakpoint's place does. */
export const toggled = (name: string, breakpoints: Breakpoints): string | null =>
  name in breakpoints ? null : "";

interface MarkProps {
  node: NodeWire;
  breakpoints: Breakpoints;
  onBreak: OnBreak;
}

/** The place of a breakpoint, at a node's left edge; also reached by the key b on the node. */
export function BreakMark({ node, breakpoints, onBreak }: MarkProps) {
  const condition = breakpoints[node.name];
  const set = condition !== undefined;
  const [x, y] = [node.x - node.width / 2, node.y];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button element cannot stand in a drawing
    <g
      class={`na-break ${set ? "na-set" : ""}`}
      role="button"
      tabindex={-1}
      aria-pressed={set}
      aria-label={`breakpoint before ${node.name}`}
      onClick={() => onBreak(node.name, toggled(node.name, breakpoints))}
      onKeyDown={undefined}
    >
      <title>
        {set
          ? `Breakpoint${condition && `, if ${condition}`}: click to clear it`
          : "Click to halt before this action"}
      </title>
      <circle class="na-break-place" cx={x} cy={y} r={12} />
      <circle class="na-break-dot" cx={x} cy={y} r={6} />
      {condition && <path class="na-break-if" d={`M${x - 2.6} ${y - 1.4}h5.2M${x - 2.6} ${y + 1.4}h5.2`} />}
    </g>
  );
}

interface LineProps {
  name: string;
  condition: string;
  onBreak: OnBreak;
}

/** One breakpoint, and when it holds. A condition is given once: taken, it makes another line; else this one stays. */
function Line({ name, condition, onBreak }: LineProps) {
  const [text, setText] = useState(condition);
  const [tried, setTried] = useState(condition);
  const [refused, refuse] = useState(false);
  const asked = text.trim();
  const wrong = refused && asked === tried;
  const give = async (): Promise<void> => {
    if (asked === condition || asked === tried) return;
    setTried(asked);
    refuse(!!(await onBreak(name, asked)));
  };
  return (
    <li class="na-break-line">
      <span class="na-break-name">{name}</span>
      <input
        type="text"
        aria-label={`Condition before ${name}`}
        placeholder="always, or if: n > 3"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        aria-invalid={wrong}
        onBlur={give}
        onKeyDown={onEnter(give)}
      />
      {wrong && (
        <span class="na-problem">not taken; it halts {condition ? `if ${condition}` : "always"}</span>
      )}
      <Tool name={`Clear the breakpoint before ${name}`} icon="cross" onClick={() => onBreak(name, null)} />
    </li>
  );
}

interface ListProps {
  actions: readonly string[];
  breakpoints: Breakpoints;
  onBreak: OnBreak;
  onClose: () => void;
}

/** Where runs halt, each with its condition, and a way to add one. */
export function BreakList({ actions, breakpoints, onBreak, onClose }: ListProps) {
  const set = Object.entries(breakpoints);
  const free = actions.filter((name) => !(name in breakpoints));
  return (
    <section class="na-form na-drawer" aria-label="Breakpoints" onKeyDown={onEscape(onClose)}>
      {set.length === 0 && (
        <p class="na-hint">
          A run halts before an action with a breakpoint: click the left edge of its node, or press b on it.
        </p>
      )}
      <ul>
        {set.map(([name, condition]) => (
          <Line key={`${name} ${condition}`} name={name} condition={condition} onBreak={onBreak} />
        ))}
      </ul>
      {free.length > 0 && (
        <select
          aria-label="Add a breakpoint before"
          value=""
          onChange={(event) => {
            const { value } = event.currentTarget;
            if (value !== "") onBreak(value, "");
          }}
        >
          <option value="">Halt before …</option>
          {free.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </section>
  );
}
