import { useState } from "preact/hooks";
import { duration } from "../format.ts";
import { isA } from "../kinds.ts";
import type { CallWire, ValueWire } from "../wire.ts";
import { Tool } from "./buttons.tsx";
import { Content } from "./chat.tsx";
import { usePlay } from "./play.ts";

type Stream = [number, number][];

const FRAME_MS = 40;
const LONGEST_PLAY_MS = 8000;

/** How much of the text had come after so many milliseconds. */
export function cameBy(stream: Stream, ms: number): number {
  let shown = 0;
  for (const [at, length] of stream) if (at <= ms) shown = length;
  return shown;
}

const textOf = (value: ValueWire): string | null => {
  if (typeof value === "string") return value;
  return isA(value, "text") ? value.text : null;
};

function Scrubbed({ text, stream }: { text: string; stream: Stream }) {
  const last = Math.ceil(stream.at(-1)?.[0] ?? 0);
  const [at, move] = useState(last);
  const by = FRAME_MS * Math.max(1, last / LONGEST_PLAY_MS);
  const [playing, toggle] = usePlay({ at, last, onMove: move, by, every: FRAME_MS });
  return (
    <>
      <div class="na-token-time">
        <Tool name="Play tokens" icon={playing ? "pause" : "run"} aria-pressed={playing} onClick={toggle} />
        <input
          type="range"
          aria-label="Token time"
          aria-valuetext={`${duration(at)} of ${duration(last)}`}
          min={0}
          max={last}
          step="any"
          value={at}
          onInput={(event) => move(event.currentTarget.valueAsNumber)}
        />
        <span class="na-summary">
          {duration(at)} / {duration(last)}
        </span>
      </div>
      {at >= last ? (
        <Content value={text} />
      ) : (
        <div class="na-text na-block">{text.slice(0, cameBy(stream, at))}▍</div>
      )}
    </>
  );
}

/** What a call answered; where it came as a stream, by the time at which it came. */
export function Output({ call }: { call: CallWire }) {
  const text = textOf(call.output);
  if (call.stream && text !== null) return <Scrubbed text={text} stream={call.stream} />;
  return <Content value={call.output} />;
}
