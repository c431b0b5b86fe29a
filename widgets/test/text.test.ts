import { describe, expect, it } from "vitest";
import { changed, dollars, duration, summary } from "../src/format.ts";
import { highlighted, linesOf, passages } from "../src/highlight.ts";
import { editable, editsOf, jsonOf } from "../src/views/edit.tsx";
import { visible } from "../src/visible.ts";

describe("code", () => {
  const source = `@action(reads=["a"])\ndef run(state):  # go\n    """It's 'so'."""\n    return 0x1F if state else None\n`;

  it("is the same text again when its pieces are joined", () => {
    expect(
      highlighted(source)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(source);
  });

  it("has its words coloured", () => {
    const kinds = Object.fromEntries(highlighted(source).map((piece) => [piece.text.trim(), piece.kind]));
    expect(kinds).toMatchObject({ "@action": "decorator", def: "keyword", run: "name", "# go": "comment" });
    expect(kinds).toMatchObject({ '"""It\'s \'so\'."""': "string", "0x1F": "number" });
  });

  it("of another language has its own comments", () => {
    expect(highlighted("x // y", "java").at(-1)).toEqual({ kind: "comment", text: "// y" });
  });
});

describe("a message", () => {
  it("has its fenced code apart", () => {
    expect(passages("Here:\n```java\nint x;\n```\nDone.")).toEqual([
      { code: false, language: "", text: "Here:" },
      { code: true, language: "java", text: "int x;" },
      { code: false, language: "", text: "Done." },
    ]);
  });

  it("may end in the middle of its code", () => {
    expect(passages("```py\nx = 1")).toEqual([{ code: true, language: "py", text: "x = 1" }]);
  });
});

describe("figures", () => {
  it("have the unit that fits", () => {
    expect([null, 1.23, 812.5, 2345, 65_000].map(duration)).toEqual([
      "–",
      "1.2 ms",
      "813 ms",
      "2.35 s",
      "1 min 5 s",
    ]);
    expect([null, 0, 0.00001, 0.0012, 0.031, 2].map(dollars)).toEqual([
      "price unknown",
      "$0",
      "< $0.0001",
      "$0.0012",
      "$0.031",
      "$2.00",
    ]);
  });

  it("say what a value is", () => {
    expect(summary({ t: "list", items: [], size: 2, type: "tuple" })).toBe("tuple of 2");
  });
});

describe("an edit", () => {
  it("is possible where the whole value is JSON", () => {
    expect(
      jsonOf({ t: "dict", items: [["a", { t: "list", items: [1, null], size: 2, type: "list" }]], size: 1 }),
    ).toEqual({
      a: [1, null],
    });
  });

  it("is not possible where something is left out or is of another kind", () => {
    expect(editable({ t: "list", items: [1], size: 2, type: "list" })).toBeNull();
    expect(editable({ t: "list", items: [1], size: 1, type: "set" })).toBeNull();
    expect(editable({ t: "other", type: "Path", text: "x" })).toBeNull();
  });

  it("counts only where it changes something", () => {
    const same = { text: "1", isText: false, original: "1" };
    expect(
      editsOf(
        new Map([
          ["a", same],
          ["b", { ...same, text: "2" }],
        ]),
      ),
    ).toEqual({ b: 2 });
  });
});

describe("what cannot be seen", () => {
  it("is written out where it controls or turns the writing", () => {
    expect(visible("a\u001b[31m\u202eb\tc\nd")).toBe("a\\u001b[31m\\u202eb\tc\nd");
  });
});

describe("lines of code", () => {
  it("are the source's, whatever spans several of them", () => {
    const source = 'def f():\n    """Say\n\n    it."""\n    return 1';
    const lines = linesOf(highlighted(source));
    expect(lines.map((line) => line.map((piece) => piece.text).join(""))).toEqual(source.split("\n"));
    expect(lines[3]?.[0]?.kind).toBe("string");
  });
});

describe("what differs between two texts", () => {
  const parts = (text: string, other: string): string => text.slice(...changed(text, other));

  it("is found at whole words", () => {
    expect(parts("the lazy dog ran", "the large dog ran")).toBe("lazy");
    expect(parts("the sleepy dog ran", "the lazy dog ran")).toBe("sleepy");
  });

  it("may be an end, or the last word where nothing does", () => {
    expect(parts("one two", "one")).toBe("two");
    expect(parts("a b", "a b")).toBe("b");
  });
});
