/** Shows what would be unseen, or would turn the direction of writing, as an escape. */
import { options } from "preact";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const escapeOf = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

export const visible = (text: string): string => text.replace(UNSEEN, escapeOf);

const shown = (child: unknown): unknown => {
  if (typeof child === "string") return visible(child);
  return Array.isArray(child) ? child.map(shown) : child;
};

const TEXTS = ["title", "aria-label", "alt"];

const before = options.vnode;

/** Every text that is drawn passes here; what stands in a field to be edited is left as it is. */
options.vnode = (vnode) => {
  if (typeof vnode.type === "string") {
    const props = vnode.props as Record<string, unknown>;
    if (props.children !== undefined) props.children = shown(props.children);
    for (const name of TEXTS) if (typeof props[name] === "string") props[name] = visible(props[name]);
  }
  before?.(vnode);
};
