import { useContext, useEffect, useState } from "preact/hooks";
import { count, counted, summary } from "../format.ts";
import { isA } from "../kinds.ts";
import type { DictValue, ImageValue, ListValue, ValueWire } from "../wire.ts";
import { Link } from "./buttons.tsx";
import { Fold } from "./fold.tsx";
import { Paged } from "./paged.tsx";
import { ReachContext } from "./reach.ts";
import { useAsking, Who } from "./who.tsx";

/** Where a value lies in the state, as places in dicts and lists; undefined where it cannot be asked for. */
export type Path = number[] | undefined;

const PLAIN = new Set(["list", "tuple"]);
const LONG = 400;
const SHOWN = 600;
const LONGEST = 2400;
const FEW = 6;
const IMAGES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

const Shown = ({ image, src }: { image: ImageValue; src: string }) => (
  <img class="na-picture" alt={summary(image)} src={src} />
);

/** A picture whose bytes come when it is shown. */
function Distant({ image, id }: { image: ImageValue; id: string }) {
  const { image: address } = useContext(ReachContext);
  const [src, setSrc] = useState("");
  useEffect(() => {
    let wanted = true;
    void address(id, image.mime).then((found) => wanted && setSrc(found));
    return () => {
      wanted = false;
    };
  }, [id, image.mime, address]);
  return src ? <Shown image={image} src={src} /> : <span class="na-other">{summary(image)}</span>;
}

/** A picture, if it is one of the kinds that cannot carry code. */
export function Picture({ image }: { image: ImageValue }) {
  const { mime, data, id } = image;
  if (IMAGES.has(mime) && data !== undefined && BASE64.test(data))
    return <Shown image={image} src={`data:${mime};base64,${data}`} />;
  if (IMAGES.has(mime) && id !== undefined) return <Distant key={id} image={image} id={id} />;
  return <span class="na-other">{summary(image)}</span>;
}

/** A long text shows its beginning, until it is opened. */
function Long({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <span class="na-text na-block">{open ? text : `${text.slice(0, SHOWN)}…`}</span>
      <Link aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "Show less" : `Show ${count(text.length - SHOWN)} more`}
      </Link>
    </>
  );
}

const Plain = ({ text }: { text: string }) => (
  <span class={`na-text ${text.includes("\n") || text.length > LONG ? "na-block" : ""}`}>{text}</span>
);

interface TextProps {
  text: string;
  size?: number;
  start?: number;
}

export const Text = ({ text, size = text.length, start = 0 }: TextProps) => (
  <>
    {text.length > LONGEST ? <Long key={text} text={text} /> : <Plain text={text} />}
    {size > text.length && (
      <span class="na-cut">
        {start > 0
          ? `characters ${count(start + 1)} to ${count(start + text.length)} of ${count(size)}`
          : `… ${count(size - text.length)} characters more`}
      </span>
    )}
  </>
);

/** How many entries are left out at one end; `noun` is one of them. */
export const Left = ({ n, noun, where }: { n: number; noun?: string; where: string }) =>
  n > 0 ? (
    <li class="na-cut">
      … {noun ? counted(n, noun) : count(n)} {where}
    </li>
  ) : null;

const isFolded = (value: ValueWire): value is DictValue | ListValue =>
  isA(value, "dict", "list") && value.size > 0;

/** One entry of a dict or list: a line, or a part that opens. */
function Entry({ name, value, open, path }: { name: string; value: ValueWire; open: boolean; path: Path }) {
  const asking = useAsking(path);
  if (!isFolded(value)) {
    return (
      <li class="na-item" {...asking}>
        <Who name={name} path={path} class="na-key" />
        <div>
          <Paged value={value} path={path} />
        </div>
      </li>
    );
  }
  const head = (
    <>
      <span class="na-key">{name}</span> <span class="na-summary">{summary(value)}</span>
    </>
  );
  return (
    <li>
      <Fold head={head} open={open}>
        {() => <Paged value={value} path={path} />}
      </Fold>
    </li>
  );
}

/** The path of an item; nothing is asked for below what is no plain dict or list. */
const below = (path: Path, value: DictValue | ListValue, i: number): Path =>
  path && (value.t === "list" ? PLAIN.has(value.type) : !value.type)
    ? [...path, (value.start ?? 0) + i]
    : undefined;

/** The entries of a dict or list, each with its key or its index. */
function Items({ value, path }: { value: DictValue | ListValue; path: Path }) {
  const { start = 0, size } = value;
  const entries: [string, ValueWire][] =
    value.t === "dict" ? value.items : value.items.map((item, i) => [`${start + i}`, item]);
  return (
    <ul class="na-tree">
      <Left n={start} where="before" />
      {entries.map(([name, item], i) => (
        <Entry
          key={name}
          name={name}
          value={item}
          open={entries.length <= FEW}
          path={below(path, value, i)}
        />
      ))}
      <Left n={size - start - entries.length} where="more" />
    </ul>
  );
}

const scalarKind = (value: boolean | number | null): string => (value === null ? "none" : typeof value);

/** As Python writes it. */
const asPython = (value: boolean | number | null): string =>
  value === null ? "None" : String(value).replace(/^[tf]/, (letter) => letter.toUpperCase());

const Scalar = ({ value }: { value: boolean | number | null }) => (
  <span class={`na-scalar na-type-${scalarKind(value)}`}>{asPython(value)}</span>
);

const Empty = ({ text }: { text: string }) => <span class="na-summary">{text}</span>;

function Compound({
  value,
  path,
}: {
  value: Exclude<ValueWire, null | boolean | number | string>;
  path: Path;
}) {
  switch (value.t) {
    case "dict":
      return value.size === 0 ? <Empty text="{}" /> : <Items value={value} path={path} />;
    case "list":
      return value.size === 0 ? <Empty text={`empty ${value.type}`} /> : <Items value={value} path={path} />;
    case "text":
      return <Text text={value.text} size={value.size} start={value.start ?? 0} />;
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

/** Any value of the state, as a tree; with a `path` its larger parts can be paged through. */
export function Value({ value, path }: { value: ValueWire; path?: Path }) {
  if (value === "") return <Empty text='""' />;
  if (typeof value === "string") return <Text text={value} />;
  if (value === null || typeof value !== "object") return <Scalar value={value} />;
  return <Compound value={value} path={path} />;
}
