import { useState } from "preact/hooks";
import { highlighted, linesOf, type Piece } from "../highlight.ts";
import type { CodeWire } from "../wire.ts";
import { Link } from "./buttons.tsx";
import { Nothing } from "./nothing.tsx";

const Pieces = ({ pieces }: { pieces: Piece[] }) => (
  <>
    {pieces.map((piece, i) =>
      piece.kind === "plain" ? (
        piece.text
      ) : (
        <span key={i} class={`na-code-${piece.kind}`}>
          {piece.text}
        </span>
      ),
    )}
  </>
);

/** Code in colours, made of text nodes alone. */
export const Code = ({ text, language = "python" }: { text: string; language?: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <pre class="na-code" tabIndex={0}>
    <code>
      <Pieces pieces={highlighted(text, language)} />
    </code>
  </pre>
);

/** Python with a number before each line, which the line keeps where it is wrapped. */
const Numbered = ({ text }: { text: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <pre class="na-code na-numbered" tabIndex={0}>
    <code>
      {linesOf(highlighted(text.replace(/\n$/, ""))).map((pieces, i) => (
        <span key={i} class="na-code-line">
          <Pieces pieces={pieces} />
          {"\n"}
        </span>
      ))}
    </code>
  </pre>
);

/** An action's source as it ran, and as it is now where that differs. */
export function CodeView({ code }: { code: CodeWire }) {
  const [now, setNow] = useState(false);
  if (code.source === null) return <Nothing>No source was recorded for this step.</Nothing>;
  if (code.now === null) return <Numbered text={code.source} />;
  return (
    <>
      <div class="na-note">
        <span>The code has changed since this step ran.</span>
        <Link aria-pressed={now} onClick={() => setNow(!now)}>
          {now ? "Show it as it was" : "Show it as it is now"}
        </Link>
      </div>
      <Numbered text={now ? code.now : code.source} />
    </>
  );
}
