/** Which part of a drawing is seen in its frame, and how large. */

export interface Size {
  width: number;
  height: number;
}

export interface Box extends Size {
  x: number;
  y: number;
}

export interface Point {
  x: number;
  y: number;
}

/** The point of the drawing in the middle of the frame, and the pixels that a unit of it takes. */
export interface Lens extends Point {
  scale: number;
}

/** Below this labels are too small to be read, so that a larger drawing opens at `OPENED` instead. */
const READABLE = 0.55;
const OPENED = 0.9;
const CLOSEST = 3;
const FARTHEST = 0.5;
/** Pixels between what is brought into view and the frame. */
const MARGIN = 24;

/** Pixels at the lower right that buttons lie over. */
const BAR: Size = { width: 112, height: 40 };

/** The whole drawing, with so many pixels kept free below it. */
function placed(whole: Box, frame: Size, below: number): Lens {
  const [across, down] = [frame.width / whole.width, (frame.height - below) / whole.height];
  const scale = Math.max(0, Math.min(across, down)) || 1;
  return { x: whole.x + whole.width / 2, y: whole.y + (whole.height + below / scale) / 2, scale };
}

/** The whole drawing, above the buttons where it would lie below them. */
export function fitted(whole: Box, frame: Size): Lens {
  const lens = placed(whole, frame, 0);
  const isUnder = (side: keyof Size): boolean => whole[side] * lens.scale > frame[side] - 2 * BAR[side];
  return isUnder("width") && isUnder("height") ? placed(whole, frame, BAR.height) : lens;
}

/** The middle of what is seen of one side, as near to `at` as shows nothing beyond the drawing. */
function within(at: number, from: number, length: number, seen: number): number {
  if (seen >= length) return from + length / 2;
  return Math.min(Math.max(at, from + seen / 2), from + length - seen / 2);
}

/** The part around a point at the same scale. */
const around = ({ x, y }: Point, scale: number, whole: Box, frame: Size): Lens => ({
  x: within(x, whole.x, whole.width, frame.width / scale),
  y: within(y, whole.y, whole.height + BAR.height / scale, frame.height / scale),
  scale,
});

/** The whole drawing where it can be read, else what is around a point of it. */
export function opened(whole: Box, frame: Size, at: Point): Lens {
  const all = fitted(whole, frame);
  return all.scale >= READABLE ? all : around(at, OPENED, whole, frame);
}

/** The same part if all of a box is seen in it, else what is around the box. */
export function revealed(lens: Lens, whole: Box, frame: Size, box: Size & Point): Lens {
  const dx = Math.abs(box.x - lens.x) + box.width / 2;
  const dy = Math.abs(box.y - lens.y) + box.height / 2;
  const seen = (length: number): number => (length / 2 - MARGIN) / lens.scale;
  if (dx <= seen(frame.width) && dy <= seen(frame.height)) return lens;
  return around(box, lens.scale, whole, frame);
}

/** Nearer (factor above 1) or farther about a point of the drawing, which stays where it is. */
export function zoomed(lens: Lens, whole: Box, frame: Size, factor: number, about: Point): Lens {
  const least = fitted(whole, frame).scale;
  const scale = Math.min(
    Math.max(CLOSEST, least),
    Math.max(Math.min(least, 1) * FARTHEST, lens.scale * factor),
  );
  const k = lens.scale / scale;
  return { x: about.x - (about.x - lens.x) * k, y: about.y - (about.y - lens.y) * k, scale };
}

/** The point of the drawing that lies so many pixels from the middle of the frame. */
export const pointAt = (lens: Lens, dx: number, dy: number): Point => ({
  x: lens.x + dx / lens.scale,
  y: lens.y + dy / lens.scale,
});

/** How a drawing whose corner lies in the middle of the frame is moved to be seen so. */
export const transformOf = ({ x, y, scale }: Lens, whole: Box): string =>
  `scale(${scale}) translate(${whole.x - x}px, ${whole.y - y}px)`;
