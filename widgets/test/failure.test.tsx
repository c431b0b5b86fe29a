import { describe, expect, it } from "vitest";
import { ErrorView, traceLines } from "../src/views/failure.tsx";
import { click, show } from "./screen.ts";

const TRACEBACK = `Traceback (most recent call last):
  File "agents.py", line 3, in book
    euros = amount * RATES[currency]
                     ~~~~~^^^^^^^^^^
KeyError: 'kr'
`;

describe("a traceback", () => {
  it("has what carets pointed at marked in the line itself", () => {
    const marked = traceLines(TRACEBACK).map(({ text, from, to }) => text.slice(from, to));
    expect(marked).toEqual(["", "", "RATES[currency]", ""]);
  });

  it("is not there where it would say the message alone", () => {
    const error = {
      type: "WriteError",
      message: "n is\nnot declared",
      traceback: "WriteError: n is\nnot declared\n",
    };
    expect(show(<ErrorView error={error} />).querySelector("pre")).toBeNull();
  });

  it("keeps every other line, also one that begins with carets", () => {
    expect(traceLines("^^^\nx").map((line) => line.text)).toEqual(["^^^", "x"]);
  });

  it("is the same text but for the carets, and for the message that stands above it", () => {
    const at = show(<ErrorView error={{ type: "KeyError", message: "'kr'", traceback: TRACEBACK }} />);
    const text = TRACEBACK.split("\n").filter((line) => !/\^|^KeyError/.test(line));
    expect(at.querySelector("pre")?.textContent).toBe(text.join("\n"));
    expect(at.querySelector("mark")?.textContent).toBe("RATES[currency]");
  });
});

const DEEP = `Traceback (most recent call last):
  File "cell", line 3, in ask
    client.create(x)
  File "/usr/lib/python3.11/site-packages/openai/client.py", line 9, in create
    return self.post(x)
ConnectionError: refused
`;

describe("lines of packages", () => {
  it("are folded, so that one's own and the error are seen", () => {
    const at = show(<ErrorView error={{ type: "ConnectionError", message: "", traceback: DEEP }} />);
    const own = DEEP.split("\n").slice(0, 3).join("\n");
    expect(at.querySelector("pre")?.textContent).toBe(
      `${own}\n2 lines in packagesConnectionError: refused\n`,
    );
  });

  it("are told from those of a script beside them", () => {
    const theirs = traceLines(DEEP).map((line) => line.theirs);
    expect(theirs).toEqual([false, false, false, true, true, false]);
  });
});

describe("a long message", () => {
  it("is folded as other long texts are", async () => {
    const message = "words ".repeat(900);
    const at = show(<ErrorView error={{ type: "ValueError", message, traceback: "" }} />);
    expect(at.querySelector("h3")?.textContent?.length).toBeLessThan(700);
    await click(at, "button", "Show 4,800 more");
    expect(at.querySelector("h3")?.textContent).toContain(message);
  });
});
