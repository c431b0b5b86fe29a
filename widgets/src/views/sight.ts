/** Scrolls a pane so that a part of it is seen, or its beginning, unless that lies farther away than `near` pixels. */
export function keepInSight(part: Element, pane: Element, near = Number.POSITIVE_INFINITY): void {
  const [inner, outer] = [part.getBoundingClientRect(), pane.getBoundingClientRect()];
  const [above, below] = [inner.top - outer.top, inner.bottom - outer.bottom];
  const far = Math.min(Math.max(0, below), above);
  if (Math.abs(far) < near) pane.scrollTop += far;
}
