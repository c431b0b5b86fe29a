import { describe, expect, it } from "vitest";
import { fitted, opened, pointAt, revealed, transformOf, zoomed } from "../src/lens.ts";

const frame = { width: 600, height: 400 };
const small = { x: 0, y: 0, width: 600, height: 300 };
const tower = { x: -10, y: -10, width: 1000, height: 12_000 };

describe("a lens on a drawing", () => {
  it("holds the whole where that can be read", () => {
    expect(opened(small, frame, { x: 0, y: 0 })).toEqual(fitted(small, frame));
    expect(fitted(small, frame)).toEqual({ x: 300, y: 150, scale: 1 });
  });

  it("keeps free of the buttons at the lower right what would lie below them", () => {
    const full = { x: 0, y: 0, width: 600, height: 400 };
    const { y, scale } = fitted(full, frame);
    expect(scale).toBe(0.9);
    expect((400 - y) * scale + frame.height / 2).toBeCloseTo(frame.height - 40);
  });

  it("is drawn at its own size in a frame that has none yet", () => {
    expect(fitted(small, { width: 0, height: 0 }).scale).toBe(1);
  });

  it("opens a large drawing large enough to read, around what one looks at", () => {
    expect(opened(tower, frame, { x: 500, y: 6000 })).toEqual({ x: 500, y: 6000, scale: 0.9 });
  });

  it("shows nothing beyond the edge of a large drawing", () => {
    const { x, y } = opened(tower, frame, { x: 0, y: 0 });
    expect([x - 600 / 0.9 / 2, y - 400 / 0.9 / 2].map(Math.round)).toEqual([-10, -10]);
  });

  it("stays where it is while what one looks at is seen", () => {
    const lens = { x: 500, y: 6000, scale: 1 };
    expect(revealed(lens, tower, frame, { x: 600, y: 6100, width: 100, height: 30 })).toBe(lens);
  });

  it("goes along where what one looks at is not seen whole", () => {
    const lens = { x: 500, y: 6000, scale: 1 };
    const box = { x: 600, y: 6190, width: 100, height: 30 };
    expect(revealed(lens, tower, frame, box)).toEqual({ x: 600, y: 6190, scale: 1 });
  });

  it("zooms about a point, which stays where it is", () => {
    const lens = { x: 500, y: 6000, scale: 1 };
    const near = zoomed(lens, tower, frame, 2, pointAt(lens, 100, -50));
    expect(pointAt(near, 100, -50)).toEqual(pointAt(lens, 100, -50));
    expect(near.scale).toBe(2);
  });

  it("goes no nearer than large letters, and no farther than half the size of the whole", () => {
    const lens = fitted(tower, frame);
    expect(zoomed(lens, tower, frame, 1e6, lens).scale).toBe(3);
    expect(zoomed(lens, tower, frame, 1e-6, lens).scale).toBe(lens.scale / 2);
  });

  it("is a transform of a drawing whose corner lies in the middle of the frame", () => {
    expect(transformOf({ x: 40, y: 20, scale: 2 }, tower)).toBe("scale(2) translate(-50px, -30px)");
  });
});
