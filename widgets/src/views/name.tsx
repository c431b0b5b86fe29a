import { Fragment } from "preact";

/** A name that may be broken after each of its words. */
export const Name = ({ of }: { of: string }) => (
  <span>
    {of.split(/(?<=_)/).map((word, i) => (
      <Fragment key={i}>
        {i > 0 && <wbr />}
        {word}
      </Fragment>
    ))}
  </span>
);
