/** Moving along a slider by itself. */
import { useEffect, useState } from "preact/hooks";

export interface Play {
  at: number;
  last: number;
  onMove: (at: number) => void;
  /** How far each move goes, and how many ms there are between two. */
  by: number;
  every: number;
}

/** Whether it plays, and what begins and ends that; at the end it begins anew. */
export function usePlay({ at, last, onMove, by, every }: Play): [boolean, () => void] {
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return undefined;
    if (at >= last) {
      setPlaying(false);
      return undefined;
    }
    const timer = setTimeout(() => onMove(Math.min(last, at + by)), every);
    return () => clearTimeout(timer);
  }, [playing, at, last, by, every, onMove]);
  const toggle = (): void => {
    if (!playing && at >= last) onMove(0);
    setPlaying(!playing);
  };
  return [playing, toggle];
}
