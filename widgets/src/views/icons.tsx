/** The panel's few pictures, drawn on a grid of 16: shapes end with Z and are filled, lines are not. */
const PATHS = {
  run: "M4 2v12l9-6Z",
  step: "M3 2v12l7-6ZM11 2h2v12h-2Z",
  retry: "M13 3v4h-4M13 7a5 5 0 1 0 0 3",
  fork: "M3 2v12M3 12q9 0 9-9M9 6l3-3 3 3",
  pause: "M4 3h3v10h-3ZM9 3h3v10h-3Z",
  stop: "M3 3h10v10h-10Z",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M3 7v-4h4M9 3h4v4M3 9v4h4M9 13h4v-4",
  locate: "M8 2v4M8 10v4M2 8h4M10 8h4",
  who: "M8 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM2 14q0-5 6-5 6 0 6 5Z",
  edit: "M2 14l1-4 8-8 3 3-8 8Z",
  copy: "M6 6h8v8h-8ZM2 10v-8h8",
  cross: "M4 4l8 8M12 4l-8 8",
  export: "M8 2v8M5 7l3 3 3-3M3 11v3h10v-3",
  check: "M3 8l4 4 6-8",
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg
    class={`na-icon ${PATHS[name].endsWith("Z") ? "" : "na-lines"}`}
    viewBox="0 0 16 16"
    aria-hidden="true"
  >
    <path d={PATHS[name]} />
  </svg>
);
