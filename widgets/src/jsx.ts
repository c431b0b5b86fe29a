/** What elements are made with: calls of `h` are shorter than those of the automatic runtime. */
export { Fragment, h } from "preact";
