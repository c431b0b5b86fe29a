/** What kind of value of the state one has. */
import type { ValueWire } from "./wire.ts";

type Made = Exclude<ValueWire, null | boolean | number | string>;

/** Whether a value is of one of these kinds. */
export const isA = <T extends Made["t"]>(value: ValueWire, ...kinds: T[]): value is Made & { t: T } =>
  typeof value === "object" && value !== null && (kinds as string[]).includes(value.t);
