/** Values that came in part, with the way to the rest. */

import type { ComponentChildren } from "preact";
import { useContext, useState } from "preact/hooks";
import { isA } from "../kinds.ts";
import type { DictValue, ListValue, TextValue, ValueWire } from "../wire.ts";
import { Link } from "./buttons.tsx";
import { ReachContext } from "./reach.ts";
import { type Path, Value } from "./value.tsx";

type Partial = DictValue | ListValue | TextValue;

/** How many items or characters are shown. */
const shownOf = (value: Partial): number => (value.t === "text" ? value.text.length : value.items.length);

const isPartial = (value: ValueWire): value is Partial =>
  isA(value, "dict", "list", "text") && value.size > shownOf(value);

interface PagerProps {
  value: Partial;
  busy: boolean;
  onTurn: (start: number) => void;
}

function Pager({ value, busy, onTurn }: PagerProps) {
  const start = value.start ?? 0;
  const shown = shownOf(value);
  const end = start + shown;
  return (
    <span class="na-pager">
      {start > 0 && (
        <Link disabled={busy} onClick={() => onTurn(Math.max(0, start - Math.max(shown, 1)))}>
          ← Earlier
        </Link>
      )}
      <Link disabled={busy || end >= value.size} onClick={() => onTurn(end)}>
        Later →
      </Link>
    </span>
  );
}

interface PagedProps {
  value: ValueWire;
  path: Path;
  /** How to draw the value, or the page of it; as a tree if not said. */
  children?: (value: ValueWire) => ComponentChildren;
}

/** A value, and where only a part of it came, a way to page through the rest. */
export function Paged({
  value,
  path,
  children = (shown) => <Value value={shown} path={path} />,
}: PagedProps) {
  const { page } = useContext(ReachContext);
  const [turned, setTurned] = useState<{ of: ValueWire; to: ValueWire } | null>(null);
  const [busy, setBusy] = useState(false);
  const shown = turned?.of === value ? turned.to : value;
  if (!page || !path || !isPartial(shown)) return <>{children(shown)}</>;
  const turn = async (start: number): Promise<void> => {
    setBusy(true);
    const to = await page(path, start);
    setBusy(false);
    if (to !== undefined) setTurned({ of: value, to });
  };
  return (
    <>
      <Pager value={shown} busy={busy} onTurn={(start) => void turn(start)} />
      {children(shown)}
    </>
  );
}
