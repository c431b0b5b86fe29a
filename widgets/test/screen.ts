/** Finds things as a person with a screen reader does: by role and name. */
import { getByRole, queryAllByRole, queryByRole } from "@testing-library/dom";
import { type ComponentChild, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach } from "vitest";

let root: HTMLElement | null = null;

afterEach(() => {
  if (root) render(null, root);
  root?.remove();
  root = null;
});

/** Draws into an element of its own, which the test's end takes away. */
export function show(child: ComponentChild): HTMLElement {
  root ??= document.body.appendChild(document.createElement("div"));
  const at = root;
  act(() => render(child, at));
  return at;
}

/** Lets something happen and everything that follows from it be drawn. */
export async function doing(what: () => void | Promise<void>): Promise<void> {
  await act(async () => {
    await what();
    await new Promise((resolve) => setTimeout(resolve, 0));
  });
}

export const get = (at: HTMLElement, role: string, name?: string | RegExp): HTMLElement =>
  getByRole(at, role, name === undefined ? {} : { name });

export const find = (at: HTMLElement, role: string, name: string): HTMLElement | null =>
  queryByRole(at, role, { name });

export const names = (at: HTMLElement, role: string): string[] =>
  queryAllByRole(at, role).map((el) => el.getAttribute("aria-label") ?? el.textContent ?? "");

export const click = (at: HTMLElement, role: string, name: string): Promise<void> =>
  doing(() => get(at, role, name).click());

export const type = (field: HTMLElement, text: string): Promise<void> =>
  doing(() => {
    (field as HTMLTextAreaElement).value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

export const press = (el: HTMLElement, key: string): Promise<void> =>
  doing(() => {
    el.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  });
