import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface FoldProps {
  head: ComponentChildren;
  open?: boolean;
  class?: string;
  children: () => ComponentChildren;
}

/** A part that opens and closes; what is inside is drawn only while it is open. */
export function Fold({ head, open = false, class: name = "", children }: FoldProps) {
  const [shown, setShown] = useState(open);
  return (
    <details class={`na-fold ${name}`} open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>{head}</summary>
      {shown && children()}
    </details>
  );
}
