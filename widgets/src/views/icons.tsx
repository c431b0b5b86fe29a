/** The panel's few pictures, drawn on a grid of 16. */
const PATHS = {
  run: "M4.5 2.5v11L13.5 8Z",
  step: "M3 2.5v11L10 8Zm8 0h2v11h-2Z",
  retry: "M13.5 2.5v4.5H9l1.7-1.7A3.8 3.8 0 1 0 11.6 9.3h1.6A5.4 5.4 0 1 1 11.8 4.2Z",
  fork: "M4.5 1.8a1.9 1.9 0 0 1 .75 3.64v1.31h4c.8 0 1.5-.5 1.5-1.4v-.1a1.9 1.9 0 1 1 1.5 0v.1c0 1.7-1.3 2.9-3 2.9h-4v2.3a1.9 1.9 0 1 1-1.5 0V5.44A1.9 1.9 0 0 1 4.5 1.8Z",
  pause: "M4.5 3h2.5v10h-2.5ZM9 3h2.5v10h-2.5Z",
  stop: "M3.5 3.5h9v9h-9Z",
  plus: "M7.2 3h1.6v4.2H13v1.6H8.8V13H7.2V8.8H3V7.2h4.2Z",
  minus: "M3 7.2h10v1.6H3Z",
  fit: "M2.5 2.5h4V4H4v2.5H2.5Zm7 0h4v4H12V4H9.5Zm-7 7H4V12h2.5v1.5h-4Zm9.5 0h1.5v4h-4V12H12Z",
  locate: "M7.25 1.5h1.5v4h-1.5Zm0 9h1.5v4h-1.5ZM1.5 7.25h4v1.5h-4Zm9 0h4v1.5h-4ZM7.2 7.2h1.6v1.6H7.2Z",
  who: "M8 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM2.5 14c0-3 2.5-5 5.5-5s5.5 2 5.5 5Z",
  edit: "M2 14l.9-3.7L11 2.2 13.8 5 5.7 13.1Z",
  cross: "M4.3 3.2 8 6.9l3.7-3.7 1.1 1.1L9.1 8l3.7 3.7-1.1 1.1L8 9.1l-3.7 3.7-1.1-1.1L6.9 8 3.2 4.3Z",
  export: "M7.2 2h1.6v5.5l2-2 1.1 1.1L8 10.5 4.1 6.6l1.1-1.1 2 2ZM2.5 10.5H4v2h8v-2h1.5V14h-11Z",
  check: "M6.4 12.3l-4-4 1.1-1.1 2.9 2.9 6.1-6.2 1.1 1.1Z",
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="na-icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
