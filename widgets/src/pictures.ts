/** Images that travel beside the steps: each is asked for once, and the latest are kept. */
import { Shelf } from "./shelf.ts";
import type { Source } from "./source.ts";
import type { Ask } from "./wire.ts";

const KEPT = 24;
const CHUNK = 0x8000;

/** Bytes as the address of an image. */
function dataAddress(view: DataView, mime: string): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return `data:${mime};base64,${btoa(text)}`;
}

export class Pictures {
  readonly #source: Source;
  readonly #known = new Shelf<Promise<string>>(KEPT);

  constructor(source: Source) {
    this.#source = source;
  }

  /** The address of an image's data; empty where it is not to be had. */
  address(ask: Ask & { do: "image" }, mime: string): Promise<string> {
    const known = this.#known.get(ask.image) ?? this.#fetch(ask, mime);
    this.#known.keep(ask.image, known);
    return known;
  }

  async #fetch(ask: Ask & { do: "image" }, mime: string): Promise<string> {
    const { bytes } = await this.#source.request(ask);
    if (!bytes) this.#known.delete(ask.image);
    return bytes ? dataAddress(bytes, mime) : "";
  }
}
