/** Panning and zooming of a drawing by pointer, wheel and buttons, and following a part of it that moves. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
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

/** What moves one drawing in its frame; all of it lies outside what Preact draws. */
class Camera {
  frame: HTMLElement | null = null;
  drawing: SVGSVGElement | null = null;
  whole: Box = { x: 0, y: 0, width: 1, height: 1 };
  at: Place | null = null;
  /** Null while it is as it was opened. */
  own: Lens | null = null;
  /** Whether it goes along with `at`, as until one drags it away. */
  follows = true;
  #resting: ReturnType<typeof setTimeout> | undefined;

  get size(): Size {
    const { clientWidth: width = 0, clientHeight: height = 0 } = this.frame ?? {};
    return { width, height };
  }

  get lens(): Lens {
    return this.own ?? opened(this.whole, this.size, this.at ?? this.whole);
  }

  /** Shows the drawing where it now is to be seen. */
  place(): void {
    const { lens } = this;
    if (!this.drawing) return;
    this.drawing.style.transform = transformOf(lens, this.whole);
    this.drawing.classList.toggle("na-far", lens.scale < FAR);
  }

  /**
   * Shows another part. While it moves the drawing is a layer of its own, whose picture is moved and
   * stretched: only that keeps up with a screen's frames where there are hundreds of nodes.
   */
  set(to: Lens | null): void {
    this.own = to;
    this.drawing?.classList.add("na-moving");
    this.place();
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.rest(), REST_MS);
  }

  /** Shows it at rest: sharp, and with larger letters where it is small. */
  rest(): void {
    this.place();
    this.drawing?.classList.remove("na-moving");
    this.drawing?.classList.toggle("na-small", this.lens.scale < SMALL);
  }

  reveal(box: Place): void {
    const { lens } = this;
    const to = revealed(lens, this.whole, this.size, box);
    if (to !== lens) this.set(to);
  }

  /** Goes along with what is shown as the current part. */
  follow(): void {
    if (this.follows && this.at && this.size.width > 0) this.reveal(this.at);
  }

  locate(): void {
    this.follows = true;
    const near = opened(this.whole, this.size, this.at ?? this.whole);
    if (this.at) this.set(revealed(near, this.whole, this.size, this.at));
  }

  zoom(factor: number, about?: Point): void {
    const { lens } = this;
    this.set(zoomed(lens, this.whole, this.size, factor, about ?? lens));
  }

  fit(): void {
    this.set(fitted(this.whole, this.size));
  }

  /** The point of the drawing under the pointer. */
  under({ clientX, clientY }: MouseEvent): Point {
    const { left = 0, top = 0 } = this.frame?.getBoundingClientRect() ?? {};
    const { width, height } = this.size;
    return pointAt(this.lens, clientX - left - width / 2, clientY - top - height / 2);
  }

  pan(dx: number, dy: number): void {
    const { lens } = this;
    this.set({ ...lens, ...pointAt(lens, -dx, -dy) });
  }

  close(): void {
    clearTimeout(this.#resting);
  }
}

/** Drags the drawing; a press that hardly moves stays a click. */
function useDrag(camera: Camera) {
  const from = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button === 0) from.current = { x: event.clientX, y: event.clientY, moved: false };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const start = from.current;
    if (!start) return;
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
    if (!start.moved && Math.hypot(dx, dy) < DRAGGED_PX) return;
    if (!start.moved) camera.frame?.setPointerCapture(event.pointerId);
    from.current = { x: event.clientX, y: event.clientY, moved: true };
    camera.follows = false;
    camera.pan(dx, dy);
  };
  const onPointerUp = (): void => {
    from.current = null;
  };
  return { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp };
}

/** Zooms by the wheel, where the drawing is in use: elsewhere the page scrolls. */
function useWheel(camera: Camera): void {
  useEffect(() => {
    const { frame } = camera;
    const onWheel = (event: WheelEvent): void => {
      const awake = frame?.contains(frame.ownerDocument.activeElement) || event.ctrlKey || event.metaKey;
      if (!awake) return;
      event.preventDefault();
      camera.zoom(Math.exp(event.deltaY * -0.0015), camera.under(event));
    };
    // A listener that may stop the page's own scrolling cannot be a passive one.
    frame?.addEventListener("wheel", onWheel, { passive: false });
    return () => frame?.removeEventListener("wheel", onWheel);
  }, [camera]);
}

/** A drawing of `whole` that can be moved, opened where `at` lies in it and going along with that. */
export function useZoom(whole: Box, at: Place | null) {
  const held = useRef<Camera | null>(null);
  held.current ??= new Camera();
  const camera = held.current;
  camera.whole = whole;
  camera.at = at;
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(() => camera.rest());
    if (camera.frame) watcher.observe(camera.frame);
    return () => {
      watcher.disconnect();
      camera.close();
    };
  }, [camera]);
  useLayoutEffect(() => camera.rest(), [camera, whole]);
  useEffect(() => camera.follow(), [camera, at?.x, at?.y]);
  useWheel(camera);
  return { camera, handlers: useDrag(camera) };
}
