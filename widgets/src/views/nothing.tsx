import type { ComponentChildren } from "preact";

/** Says why nothing stands here. */
export const Nothing = ({ children }: { children: ComponentChildren }) => <p class="na-empty">{children}</p>;
