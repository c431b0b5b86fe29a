/** Panning and zooming of a drawing, as a window on it in its own units. */
import { useEffect, useRef } from "preact/hooks";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const CLOSEST = 8;
/** A large drawing can be seen as near as this. */
const CLOSE = { width: 300, height: 220 };
const FARTHEST = 2;
const DRAGGED_PX = 4;

/** The window made smaller (factor below 1) or larger about a point of it. */
export function zoomed(box: Box, whole: Box, factor: number, px: number, py: number): Box {
  const closest = Math.max(CLOSEST, whole.width / CLOSE.width, whole.height / CLOSE.height);
  const width = Math.min(whole.width * FARTHEST, Math.max(whole.width / closest, box.width * factor));
  const k = width / box.width;
  return { x: px - (px - box.x) * k, y: py - (py - box.y) * k, width, height: box.height * k };
}

/** Units of the drawing per pixel, and the point under the pointer. */
function underPointer(
  svg: SVGSVGElement,
  box: Box,
  event: MouseEvent,
): { unit: number; x: number; y: number } {
  const frame = svg.getBoundingClientRect();
  const unit = Math.max(box.width / (frame.width || 1), box.height / (frame.height || 1));
  const x = box.x + box.width / 2 + (event.clientX - frame.left - frame.width / 2) * unit;
  const y = box.y + box.height / 2 + (event.clientY - frame.top - frame.height / 2) * unit;
  return { unit, x, y };
}

const viewBoxOf = ({ x, y, width, height }: Box): string => `${x} ${y} ${width} ${height}`;

/** Where the drawing is put so that the window on it fills the frame that was made for the whole. */
export function transformOf(box: Box, whole: Box): string {
  const k = whole.width / box.width;
  return `translate(${whole.x - box.x * k}px, ${whole.y - box.y * k}px) scale(${k})`;
}

/**
 * Moves the drawing behind its frame, which lays nothing out and paints nothing anew as another `viewBox` would.
 * It gets no layer of its own: Chromium then adds up in each frame the regions of all parts where a wheel is heard.
 */
export function useZoom(whole: Box) {
  const svg = useRef<SVGSVGElement>(null);
  const drawing = useRef<SVGGElement>(null);
  const own = useRef<Box | null>(null);
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const now = useRef(whole);
  now.current = whole;
  const box = (): Box => own.current ?? now.current;
  const set = (to: Box | null): void => {
    own.current = to;
    if (drawing.current) drawing.current.style.transform = transformOf(box(), now.current);
  };

  useEffect(() => {
    if (own.current) set(own.current);
  }, [whole]);
  useEffect(() => {
    const element = svg.current;
    if (!element) return undefined;
    // A listener that may stop the page's own scrolling cannot be a passive one.
    const onWheel = (event: WheelEvent): void => {
      const awake = element.contains(element.ownerDocument.activeElement) || event.ctrlKey || event.metaKey;
      if (!awake) return;
      event.preventDefault();
      const { x, y } = underPointer(element, box(), event);
      set(zoomed(box(), now.current, Math.exp(event.deltaY * 0.0015), x, y));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button === 0) drag.current = { x: event.clientX, y: event.clientY, moved: false };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const from = drag.current;
    const element = svg.current;
    if (!from || !element) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(dx, dy) < DRAGGED_PX) return;
    if (!from.moved) element.setPointerCapture(event.pointerId);
    const window = box();
    const { unit } = underPointer(element, window, event);
    drag.current = { x: event.clientX, y: event.clientY, moved: true };
    set({ ...window, x: window.x - dx * unit, y: window.y - dy * unit });
  };
  const onPointerUp = (): void => {
    drag.current = null;
  };
  const by = (factor: number) => (): void => {
    const { x, y, width, height } = box();
    set(zoomed(box(), now.current, factor, x + width / 2, y + height / 2));
  };

  return {
    svg,
    drawing,
    viewBox: viewBoxOf(whole),
    fit: () => set(null),
    zoomIn: by(1 / 1.3),
    zoomOut: by(1.3),
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp },
  };
}
