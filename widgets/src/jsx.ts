/**
 * What elements are made with: calls of `h` are shorter than those of the automatic runtime.
 * The hooks come at once with it, as what is alike packs better side by side.
 */
import "preact/hooks";

export { Fragment, h } from "preact";
