/** Panning and zooming of a drawing, as a window on it in its own units. */
import { useEffect, useRef, useState } from "preact/hooks";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const CLOSEST = 8;
const FARTHEST = 2;
const DRAGGED_PX = 4;

/** The window made smaller (factor below 1) or larger about a point of it. */
export function zoomed(box: Box, whole: Box, factor: number, px: number, py: number): Box {
  const width = Math.min(whole.width * FARTHEST, Math.max(whole.width / CLOSEST, box.width * factor));
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

export function useZoom(whole: Box) {
  const [own, setBox] = useState<Box | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const box = own ?? whole;
  const now = useRef({ box, whole });
  now.current = { box, whole };

  useEffect(() => {
    const element = svg.current;
    if (!element) return undefined;
    // A listener that may stop the page's own scrolling cannot be a passive one.
    const onWheel = (event: WheelEvent): void => {
      const awake = element.contains(element.ownerDocument.activeElement) || event.ctrlKey || event.metaKey;
      if (!awake) return;
      event.preventDefault();
      const current = now.current;
      const { x, y } = underPointer(element, current.box, event);
      setBox(zoomed(current.box, current.whole, Math.exp(event.deltaY * 0.0015), x, y));
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
    const { unit } = underPointer(element, box, event);
    drag.current = { x: event.clientX, y: event.clientY, moved: true };
    setBox({ ...box, x: box.x - dx * unit, y: box.y - dy * unit });
  };
  const onPointerUp = (): void => {
    drag.current = null;
  };
  const by = (factor: number) => (): void =>
    setBox(zoomed(box, whole, factor, box.x + box.width / 2, box.y + box.height / 2));

  return {
    svg,
    viewBox: `${box.x} ${box.y} ${box.width} ${box.height}`,
    moved: own !== null,
    fit: () => setBox(null),
    zoomIn: by(1 / 1.3),
    zoomOut: by(1.3),
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp },
  };
}
