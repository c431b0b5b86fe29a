/** Scrolls a pane so that a part of it is seen, unless that lies farther away than `near` pixels. */
export function keepInSight(part: Element, pane: Element, near = Number.POSITIVE_INFINITY): void {
  const [inner, outer] = [part.getBoundingClientRect(), pane.getBoundingClientRect()];
  const [above, below] = [inner.top - outer.top, inner.bottom - outer.bottom];
  const far = below > 0 ? below : inner.height < outer.height ? Math.min(0, above) : 0;
  if (Math.abs(far) < near) pane.scrollTop += far;
}
