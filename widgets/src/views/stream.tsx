import { useEffect, useState } from "preact/hooks";
import { duration } from "../format.ts";
import type { CallWire, ValueWire } from "../wire.ts";
import { Content } from "./chat.tsx";
import { Icon } from "./icons.tsx";

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
  return typeof value === "object" && value !== null && value.t === "text" ? value.text : null;
};

function usePlay(at: number, last: number, onMove: (at: number) => void): [boolean, () => void] {
  const [playing, setPlaying] = useState(false);
  const pace = Math.max(1, last / LONGEST_PLAY_MS);
  useEffect(() => {
    if (!playing) return undefined;
    if (at >= last) {
      setPlaying(false);
      return undefined;
    }
    const timer = setTimeout(() => onMove(Math.min(last, at + FRAME_MS * pace)), FRAME_MS);
    return () => clearTimeout(timer);
  }, [playing, at, last, pace, onMove]);
  const toggle = (): void => {
    if (!playing && at >= last) onMove(0);
    setPlaying(!playing);
  };
  return [playing, toggle];
}

function Scrubbed({ text, stream }: { text: string; stream: Stream }) {
  const last = Math.ceil(stream.at(-1)?.[0] ?? 0);
  const [at, move] = useState(last);
  const [playing, toggle] = usePlay(at, last, move);
  return (
    <>
      <div class="na-token-time">
        <button
          type="button"
          class="na-tool"
          aria-label="Play tokens"
          aria-pressed={playing}
          title="Show the answer as it came"
          onClick={toggle}
        >
          <Icon name={playing ? "pause" : "run"} />
        </button>
        <input
          type="range"
          aria-label="Token time"
          aria-valuetext={`${duration(at)} of ${duration(last)}`}
          min={0}
          max={last}
          step={1}
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
