/** What of a step is not here yet and can be asked for. */
import { createContext } from "preact";
import type { ValueWire } from "../wire.ts";

export interface Reach {
  /** An image by its id, as the address of its data. */
  image: (id: string, mime: string) => Promise<string>;
  /** Asks who wrote what stands at a path of the state; missing where there is no kernel. */
  blame?: (path: number[]) => void;
  /** A part of the state, from an item or a character on; missing where there is no kernel. */
  page?: (path: number[], start: number) => Promise<ValueWire | undefined>;
}

export const ReachContext = createContext<Reach>({ image: async () => "" });
