/** Panning and zooming of a drawing by pointer, wheel and buttons, and following a part of it that moves. */
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import {
  type Box,
  fitted,
  type Lens,
  opened,
  type Point,
  pointAt,
  revealed,
  type Size,
  transformOf,
  zoomed,
} from "../lens.ts";

const DRAGGED_PX = 4;
/** How long after the last move the drawing is painted anew, sharp at its new size. */
const REST_MS = 140;
/** Below this scale no label can be read, and none is drawn. */
const FAR = 0.3;
/** Below this one letters are drawn larger, as far as the frames made for them have room. */
const SMALL = 0.8;

type Place = Size & Point;

const NOWHERE: Place = { x: 0, y: 0, width: 1, height: 1 };

/** What moves one drawing in its frame; all of it lies outside what Preact draws. */
function newCamera() {
  let frame: HTMLElement | null = null;
  let drawing: SVGSVGElement | null = null;
  let whole: Box = NOWHERE;
  let at: Place | null = null;
  /** Null while it is as it was opened. */
  let own: Lens | null = null;
  /** Whether it goes along with `at`, as until one drags it away. */
  let follows = true;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const size = (): Size => ({ width: frame?.clientWidth ?? 0, height: frame?.clientHeight ?? 0 });
  const asOpened = (): Lens => opened(whole, size(), at ?? whole);
  const lens = (): Lens => own ?? asOpened();

  const place = (): void => {
    if (!drawing) return;
    const { scale } = lens();
    drawing.style.transform = transformOf(lens(), whole);
    drawing.classList.toggle("na-far", scale < FAR);
  };

  /** Shows it at rest: sharp, and with larger letters where it is small. */
  const rest = (): void => {
    place();
    drawing?.classList.remove("na-moving");
    drawing?.classList.toggle("na-small", lens().scale < SMALL);
  };

  /**
   * Shows another part. While it moves the drawing is a layer of its own, whose picture is moved and
   * stretched: only that keeps up with a screen's frames where there are hundreds of nodes.
   */
  const set = (to: Lens): void => {
    own = to;
    drawing?.classList.add("na-moving");
    place();
    clearTimeout(resting);
    resting = setTimeout(rest, REST_MS);
  };

  const reveal = (box: Place): void => {
    const from = lens();
    const to = revealed(from, whole, size(), box);
    if (to !== from) set(to);
  };

  /** The point of the drawing under the pointer. */
  const under = ({ clientX, clientY }: MouseEvent): Point => {
    const { left = 0, top = 0 } = frame?.getBoundingClientRect() ?? {};
    const { width, height } = size();
    return pointAt(lens(), clientX - left - width / 2, clientY - top - height / 2);
  };

  const zoom = (factor: number, about: Point = lens()): void =>
    set(zoomed(lens(), whole, size(), factor, about));

  /** Zooms by the wheel, where the drawing is in use: elsewhere the page scrolls. */
  const onWheel = (event: WheelEvent): void => {
    const awake = frame?.matches(":focus-within") || event.ctrlKey || event.metaKey;
    if (!awake) return;
    event.preventDefault();
    zoom(Math.exp(event.deltaY * -0.0015), under(event));
  };

  return {
    rest,
    reveal,
    zoom,
    /** What is drawn, and what of it one looks at. */
    look(drawn: Box, current: Place | null): void {
      whole = drawn;
      at = current;
    },
    draws(element: SVGSVGElement | null): void {
      drawing = element;
    },
    within(element: HTMLElement | null): void {
      frame = element;
    },
    fit: (): void => set(fitted(whole, size())),
    /** Goes along with what one looks at. */
    follow(): void {
      if (follows && at && size().width > 0) reveal(at);
    },
    locate(): void {
      follows = true;
      if (at) set(revealed(asOpened(), whole, size(), at));
    },
    drag(dx: number, dy: number): void {
      follows = false;
      set({ ...lens(), ...pointAt(lens(), -dx, -dy) });
    },
    capture: (pointer: number): void => frame?.setPointerCapture(pointer),
    /** Hears the wheel and the frame's size; returns the way to stop it. */
    watch(): () => void {
      const watched = frame;
      const watcher = new ResizeObserver(rest);
      if (watched) watcher.observe(watched);
      // A listener that may stop the page's own scrolling cannot be a passive one.
      watched?.addEventListener("wheel", onWheel, { passive: false });
      return () => {
        watcher.disconnect();
        watched?.removeEventListener("wheel", onWheel);
        clearTimeout(resting);
      };
    },
  };
}

/** Drags the drawing; a press that hardly moves stays a click. */
function useDrag(camera: ReturnType<typeof newCamera>) {
  const from = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button === 0) from.current = { x: event.clientX, y: event.clientY, moved: false };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const start = from.current;
    if (!start) return;
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
    if (!start.moved && Math.hypot(dx, dy) < DRAGGED_PX) return;
    if (!start.moved) camera.capture(event.pointerId);
    from.current = { x: event.clientX, y: event.clientY, moved: true };
    camera.drag(dx, dy);
  };
  const onPointerUp = (): void => {
    from.current = null;
  };
  return { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp };
}

/** A drawing of `whole` that can be moved, opened where `at` lies in it and going along with that. */
export function useZoom(whole: Box, at: Place | null) {
  const camera = useMemo(newCamera, []);
  camera.look(whole, at);
  useLayoutEffect(() => camera.watch(), []);
  useLayoutEffect(() => camera.rest(), [whole]);
  useEffect(() => camera.follow(), [at?.x, at?.y]);
  return { camera, handlers: useDrag(camera) };
}
