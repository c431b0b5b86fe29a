import type { BlameWire, OriginWire } from "../wire.ts";
import { Link, Tool } from "./buttons.tsx";
import { CodeView } from "./code.tsx";
import { Fold } from "./fold.tsx";
import { onEscape, useFocus } from "./form.tsx";
import { CallsView } from "./tabs.tsx";

const SAID = { step: "was written by", edit: "was edited by hand before", start: "was there from the start" };

const said = ({ kind, seq }: OriginWire) =>
  kind === "edit" && seq === null ? "was edited by hand" : SAID[kind];

interface BlameProps {
  blame: BlameWire;
  onGo: (seq: number) => void;
  onClose: () => void;
}

const Place = ({ origin, onGo }: { origin: OriginWire } & Pick<BlameProps, "onGo">) => {
  const { seq, action } = origin;
  if (seq === null) return null;
  return (
    <Link onClick={() => onGo(seq)}>
      {action}, step {seq}
    </Link>
  );
};

const Causes = ({ blame, onGo }: Pick<BlameProps, "blame" | "onGo">) => (
  <ul class="na-causes" aria-label="Made from">
    {blame.causes.map((cause, i) => (
      <li key={i}>
        <code>{cause.path}</code> {said(cause)} <Place origin={cause} onGo={onGo} />
      </li>
    ))}
    {blame.left && <li>{blame.left}</li>}
  </ul>
);

/** Who wrote a value: the step, the call and its prompt, the source as it was, and what it was made from. */
export function BlameCard({ blame, onGo, onClose }: BlameProps) {
  const { origin, source, calls, causes } = blame;
  const card = useFocus<HTMLElement>(true, blame);
  return (
    <section
      class="na-blame"
      aria-label={`Who wrote ${origin.path}`}
      tabIndex={-1}
      ref={card}
      onKeyDown={onEscape(onClose)}
    >
      <Tool name="Close" icon="cross" class="na-edit" onClick={onClose} />
      <p>
        <code>{origin.path}</code> {said(origin)} <Place origin={origin} onGo={onGo} />
      </p>
      {calls.length > 0 && <CallsView calls={calls} />}
      {source !== null && (
        <Fold head="Its code, as it was" open={calls.length === 0}>
          {() => <CodeView code={{ id: null, source, now: null }} />}
        </Fold>
      )}
      {causes.length > 0 && (
        <Fold head="Made from" open>
          {() => <Causes blame={blame} onGo={onGo} />}
        </Fold>
      )}
    </section>
  );
}
