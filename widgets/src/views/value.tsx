import { useState } from "preact/hooks";
import { count, summary } from "../format.ts";
import type { DictValue, ImageValue, ListValue, ValueWire } from "../wire.ts";
import { Fold } from "./fold.tsx";

const LONG = 400;
const SHOWN = 600;
const LONGEST = 2400;
const FEW = 6;
const IMAGES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A picture, if it is one of the kinds that cannot carry code. */
export function Picture({ image }: { image: ImageValue }) {
  const safe = IMAGES.has(image.mime) && BASE64.test(image.data);
  if (!safe) return <span class="na-other">{summary(image)}</span>;
  return <img class="na-picture" alt={summary(image)} src={`data:${image.mime};base64,${image.data}`} />;
}

/** A long text shows its beginning, until it is opened. */
function Long({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <span class="na-text na-block">{open ? text : `${text.slice(0, SHOWN)}…`}</span>
      <button type="button" class="na-link" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "Show less" : `Show ${count(text.length - SHOWN)} more`}
      </button>
    </>
  );
}

const Plain = ({ text }: { text: string }) => (
  <span class={`na-text ${text.includes("\n") || text.length > LONG ? "na-block" : ""}`}>{text}</span>
);

export const Text = ({ text, size = text.length }: { text: string; size?: number }) => (
  <>
    {text.length > LONGEST ? <Long text={text} /> : <Plain text={text} />}
    {size > text.length && <span class="na-cut">… {count(size - text.length)} characters more</span>}
  </>
);

const Left = ({ n, where = "more" }: { n: number; where?: string }) =>
  n > 0 ? (
    <li class="na-cut">
      … {count(n)} {where}
    </li>
  ) : null;

const isFolded = (value: ValueWire): value is DictValue | ListValue =>
  typeof value === "object" && value !== null && (value.t === "dict" || value.t === "list") && value.size > 0;

/** One entry of a dict or list: a line, or a part that opens. */
function Entry({ name, value, open }: { name: string; value: ValueWire; open: boolean }) {
  const key = <span class="na-key">{name}</span>;
  if (!isFolded(value)) {
    return (
      <li class="na-entry">
        {key}
        <Value value={value} />
      </li>
    );
  }
  const head = (
    <>
      {key} <span class="na-summary">{summary(value)}</span>
    </>
  );
  return (
    <li>
      <Fold head={head} open={open}>
        {() => <Value value={value} />}
      </Fold>
    </li>
  );
}

const Dict = ({ value }: { value: DictValue }) => (
  <ul class="na-tree">
    {value.items.map(([name, item]) => (
      <Entry key={name} name={name} value={item} open={value.items.length <= FEW} />
    ))}
    <Left n={value.size - value.items.length} />
  </ul>
);

function List({ value }: { value: ListValue }) {
  const start = value.start ?? 0;
  return (
    <ul class="na-tree">
      <Left n={start} where="before" />
      {value.items.map((item, i) => (
        <Entry key={start + i} name={String(start + i)} value={item} open={value.items.length <= FEW} />
      ))}
      <Left n={value.size - start - value.items.length} />
    </ul>
  );
}

const scalarKind = (value: boolean | number | null): string => (value === null ? "none" : typeof value);

const asPython = (value: boolean | number | null): string => {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
};

/** Any value of the state, as a tree. */
export function Value({ value }: { value: ValueWire }) {
  if (typeof value === "string") return <Text text={value} />;
  if (value === null || typeof value !== "object") {
    return <span class={`na-scalar na-${scalarKind(value)}`}>{asPython(value)}</span>;
  }
  switch (value.t) {
    case "dict":
      return value.size === 0 ? <span class="na-summary">{"{}"}</span> : <Dict value={value} />;
    case "list":
      return value.size === 0 ? <span class="na-summary">empty {value.type}</span> : <List value={value} />;
    case "text":
      return <Text text={value.text} size={value.size} />;
    case "image":
      return <Picture image={value} />;
    default:
      return (
        <span class="na-other" title={value.type}>
          {value.text}
        </span>
      );
  }
}
