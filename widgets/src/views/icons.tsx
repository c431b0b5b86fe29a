/** The panel's few pictures, drawn on a grid of 16: shapes end with Z and are filled, lines are not. */
const PATHS = {
  run: "M4.5 2.5v11L13.5 8Z",
  step: "M3 2.5v11L10 8Zm8 0h2v11h-2Z",
  retry: "M13 3v3.5H9.5M12.7 6.3A5 5 0 1 0 13 9",
  fork: "M4.5 5.4a1.7 1.7 0 1 1 .01 0v5.2a1.7 1.7 0 1 1-.01 0M4.5 8.2h4.3q2.7 0 2.7-2.8a1.7 1.7 0 1 1 .01 0",
  pause: "M4.5 3h2.5v10h-2.5ZM9 3h2.5v10h-2.5Z",
  stop: "M3.5 3.5h9v9h-9Z",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M3 6.5V3h3.5M9.5 3H13v3.5M3 9.5V13h3.5M9.5 13H13V9.5",
  locate: "M8 1.5v4M8 10.5v4M1.5 8h4M10.5 8h4M8 7.2v1.6",
  who: "M8 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM2.5 14c0-3 2.5-5 5.5-5s5.5 2 5.5 5Z",
  edit: "M2 14l.9-3.7L11 2.2 13.8 5 5.7 13.1Z",
  cross: "M4 4l8 8M12 4l-8 8",
  export: "M8 2v7.5M4.7 6.2 8 9.5l3.3-3.3M3.2 10.5v2.7h9.6v-2.7",
  check: "M3 8l3.5 3.5 6.5-7",
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
