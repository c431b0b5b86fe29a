import { useState } from "preact/hooks";
import { highlighted } from "../highlight.ts";
import type { CodeWire } from "../wire.ts";

/** Code in colours, made of text nodes alone. */
export const Code = ({ text, language = "python" }: { text: string; language?: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <pre class="na-code" tabIndex={0}>
    <code>
      {highlighted(text, language).map((piece, i) =>
        piece.kind === "plain" ? (
          piece.text
        ) : (
          <span key={i} class={`na-${piece.kind}`}>
            {piece.text}
          </span>
        ),
      )}
    </code>
  </pre>
);

const Numbered = ({ text }: { text: string }) => (
  <div class="na-numbered">
    <pre class="na-gutter" aria-hidden="true">
      {text
        .replace(/\n$/, "")
        .split("\n")
        .map((_, i) => `${i + 1}\n`)
        .join("")}
    </pre>
    <Code text={text} />
  </div>
);

/** An action's source as it ran, and as it is now where that differs. */
export function CodeView({ code }: { code: CodeWire }) {
  const [now, setNow] = useState(false);
  if (code.source === null) return <p class="na-empty">No source was recorded for this step.</p>;
  if (code.now === null) return <Numbered text={code.source} />;
  return (
    <>
      <div class="na-note">
        <span>The code has changed since this step ran.</span>
        <button type="button" class="na-link" aria-pressed={now} onClick={() => setNow(!now)}>
          {now ? "Show it as it was" : "Show it as it is now"}
        </button>
      </div>
      <Numbered text={now ? code.now : code.source} />
    </>
  );
}
